"""Scheduled predictions in a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from catalog.instance_types import transform_types
from infra.config.base import Schedule, Strict, Version, require_job_type


class Batch(Strict):
    """Scheduled predictions for a partition of features."""

    schedule: Schedule = Field(description="when, in UTC: `cron(0 3 * * ? *)` or `rate(1 day)`")
    instance_type: str = Field(description="SageMaker instance type of the transform job")
    instances: Annotated[int, Field(ge=1, le=20)] = Field(default=1, description="instances of the transform job")
    version: Version = Field(default="approved", description="approved, candidate, or a pinned version")

    @model_validator(mode="after")
    def _jobs_have_this_type(self) -> Batch:
        require_job_type(self.instance_type, transform_types(), "transform jobs")
        return self
