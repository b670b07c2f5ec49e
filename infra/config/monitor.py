"""How a model is watched for drift, in a stack file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from catalog.monitor_period import LONGEST, MONTH, MOST_ALPHA, SHORTEST, seconds_of
from catalog.pipeline_types import pipeline_types
from infra.config.base import MistakeError, Schedule, Strict, as_number, require_job_type

_ALLOWED = f"{SHORTEST // 60} minutes to {LONGEST // 86_400} days, such as rate(1 hour)"


class Monitor(Strict):
    """Looks at what the model is asked and answers, window by window, and retrains it when it no longer fits."""

    schedule: Schedule = Field(
        default="rate(1 hour)", description="when, in UTC: `rate(1 hour)`, or `cron(0 3 * * ? *)` with periodMinutes"
    )
    period_minutes: Annotated[int, Field(ge=SHORTEST // 60, le=LONGEST // 60)] | None = Field(
        default=None, description="minutes of a window, with a schedule that is cron: it does not say"
    )
    instance_type: str = Field(description="SageMaker instance type of the processing job")
    false_alarms_per_month: Annotated[float, Field(ge=0.01, le=100), BeforeValidator(as_number)] = Field(
        default=1.0, description="windows that alarm in a month without any drift, on average"
    )
    outcome_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        default=24, description="hours after a request until which its outcome may come"
    )
    engine: Literal["processing", "emr-serverless"] = Field(
        default="processing",
        description="where a window is looked at: one processing job, or the stack's `spark`",
    )
    retrain: bool = Field(default=True, description="whether its alarm starts a retraining")

    @property
    def period_seconds(self) -> int:
        """How long a window is."""
        return seconds_of(self.schedule) or 60 * (self.period_minutes or 0)

    @model_validator(mode="after")
    def _the_period_is_known(self) -> Monitor:
        rate = seconds_of(self.schedule)
        if self.schedule.startswith("rate"):
            if rate is None or not SHORTEST <= rate <= LONGEST:
                raise MistakeError("schedule", repr(self.schedule), _ALLOWED)
            if self.period_minutes is not None:
                raise MistakeError("periodMinutes", f"it with {self.schedule}", "it with cron alone: a rate says it")
        elif self.period_minutes is None:
            raise MistakeError("periodMinutes", f"none with {self.schedule}", "minutes between two times, or a rate")
        return self

    @model_validator(mode="after")
    def _jobs_have_this_type(self) -> Monitor:
        require_job_type(self.instance_type, pipeline_types(), "processing jobs")
        return self

    @model_validator(mode="after")
    def _alarms_say_something(self) -> Monitor:
        windows = MONTH / self.period_seconds
        if self.false_alarms_per_month > (most := MOST_ALPHA * windows):
            got = f"{self.false_alarms_per_month:g} in a month of {windows:g} windows"
            raise MistakeError("falseAlarmsPerMonth", got, f"at most {most:g}, a fifth of them")
        return self


def require_evidence(*, capture: bool, training: bool, mode: str) -> None:
    """Raise MistakeError, for the model's entry, where there is nothing to look at or to compare it with."""
    if mode != "realtime":
        raise MistakeError("monitor", f"mode {mode}", "mode realtime, whose requests can be captured")
    if not capture:
        raise MistakeError("monitor", "no capture to look at", "a `capture` block beside it")
    if not training:
        raise MistakeError("monitor", "no training to compare with", "a `training` block beside it, for the baseline")


def require_foundation(model: str, *, lake: bool) -> None:
    """Raise MistakeError where a model is monitored in a stack that has no place for outcomes and reports."""
    if not lake:
        allowed = "a `lake` block in this stack, in which outcomes and reports are kept"
        raise MistakeError(f"models.{model}.monitor", "no lake", allowed)
