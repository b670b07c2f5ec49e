"""Scheduled predictions in a stack file."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from catalog.instance_types import transform_types
from infra.config.base import MistakeError, Strict, Version


class Batch(Strict):
    """Scheduled predictions for a partition of features."""

    schedule: Annotated[str, StringConstraints(pattern=r"^(cron|rate)\([^()]+\)$")] = Field(
        description="when, in UTC: `cron(0 3 * * ? *)` or `rate(1 day)`"
    )
    instance_type: str = Field(description="SageMaker instance type of the transform job")
    instances: Annotated[int, Field(ge=1, le=20)] = Field(default=1, description="instances of the transform job")
    version: Version = Field(default="approved", description="approved, candidate, or a pinned version")

    @model_validator(mode="after")
    def _jobs_have_this_type(self) -> Batch:
        if self.instance_type not in transform_types():
            near = difflib.get_close_matches(self.instance_type, sorted(transform_types()), n=4, cutoff=0.4)
            raise MistakeError(
                "instanceType", repr(self.instance_type), f"types of transform jobs, such as {', '.join(near)}"
            )
        return self
