"""Retraining of a model in a stack file: when, on what, how often, and what a new version must not lose."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from catalog.pipeline_types import pipeline_types
from infra.config.base import AsTuple, MistakeError, Schedule, Strict, as_number, require_job_type

# The metrics by which two versions can be compared on the same rows (model_code/gates/compare.py).
COMPARED = ("accuracy", "roc_auc", "log_loss")
Margin = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(as_number)]
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]


class Training(Strict):
    """How the model is retrained."""

    instance_type: str = Field(description="SageMaker instance type of training and of the gates")
    instances: Annotated[int, Field(ge=1, le=20)] = Field(default=1, description="instances of the training job")
    algorithm: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)] = Field(
        description="algorithm of the model's train.py"
    )
    schedule: Schedule | None = Field(
        default=None, description="also by the clock, in UTC: `cron(0 3 ? * MON *)` or `rate(30 days)`"
    )
    data_version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+/=-]{1,1024}$")] | None = Field(
        default=None,
        description="S3 version of the data set, from `takeoff dataset list`; the newest without it",
    )
    columns: Annotated[tuple[Column, ...], AsTuple] = Field(
        default=(),
        description="columns of the data set that are no features; `id` needs no mention",
    )
    approval: Literal["automatic", "manual"] = Field(
        default="automatic", description="who approves a version that passed every gate: the pipeline, or a person"
    )
    margins: dict[str, Margin] = Field(
        default={"accuracy": 0.01},
        min_length=1,
        description=f"by how much a new version may be worse than the live one: {', '.join(COMPARED)}",
    )
    cooldown_minutes: Annotated[int, Field(ge=0, le=10_080)] = Field(
        default=360, description="minutes after a run during which no alarm starts another"
    )
    monthly_runs: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=8, description="runs that may begin in a calendar month; those by hand are not refused"
    )

    @model_validator(mode="after")
    def _jobs_have_this_type(self) -> Training:
        require_job_type(self.instance_type, pipeline_types(), "processing jobs")
        return self

    @model_validator(mode="after")
    def _metrics_can_be_compared(self) -> Training:
        if unknown := sorted(set(self.margins) - set(COMPARED)):
            raise MistakeError(f"margins.{unknown[0]}", "an unknown metric", ", ".join(COMPARED))
        return self


def require_foundation(model: str, *, registry: bool, lake: bool) -> None:
    """Raises MistakeError where a model is retrained in a stack that lacks what training needs."""
    for block, there, what in (("lake", lake, "data sets"), ("registry", registry, "versions")):
        if not there:
            allowed = f"a `{block}` block in this stack, in which {what} are kept"
            raise MistakeError(f"models.{model}.training", f"no {block}", allowed)
