"""An experiment between the variants of an endpoint, in a stack file."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from infra.config.base import AsTuple, MistakeError, Percent, Schedule, Strict, as_number
from infra.config.business import Name

Effect = Annotated[float, Field(gt=0), BeforeValidator(as_number)]
Chance = Annotated[float, Field(gt=0, le=0.5), BeforeValidator(as_number)]


class Metric(Strict):
    """Something that is measured of each unit."""

    name: Name = Field(description="its name in the log")
    better: Literal["higher", "lower"] = Field(description="which way is better")
    effect: Effect = Field(description="the least difference between arms that matters, in the metric's unit")
    rate: bool = Field(default=False, description="its values are 0 or 1")


class Allocation(Strict):
    """Which share of the units each arm has, from when."""

    since: str = Field(alias="from", description="when it began: ISO 8601 with a time zone, or a date in UTC")
    shares: dict[str, Percent] = Field(min_length=2, description="percent of the units by variant; at most 100 in all")

    @field_validator("since")
    @classmethod
    def _is_a_moment(cls, value: str) -> str:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise MistakeError("", repr(value), "a date, or ISO 8601 such as 2026-11-22T08:00:00+00:00") from None
        return value if found.tzinfo else f"{found.isoformat()}+00:00"

    @model_validator(mode="after")
    def _shares_are_shares(self) -> Allocation:
        if sum(self.shares.values()) > 100 or not all(self.shares.values()):
            raise MistakeError("shares", str(self.shares), "above 0 each and at most 100 in all")
        return self


class Experiment(Strict):
    """Arms that are compared until one wins, a guardrail breaks, or the planned sample is there."""

    name: Name = Field(description="its name, which salts the assignment: another name is another experiment")
    control: str = Field(description="the variant that the others are compared with")
    allocations: Annotated[tuple[Allocation, ...], AsTuple] = Field(
        min_length=1, description="every allocation there ever was, the present one last: add, never edit"
    )
    targets: Annotated[tuple[Metric, ...], AsTuple] = Field(min_length=1, description="metrics that decide")
    guardrails: Annotated[tuple[Metric, ...], AsTuple] = Field(
        default=(), description="metrics that no arm may make worse by more than their effect"
    )
    planned: Annotated[int, Field(ge=100, le=100_000_000)] = Field(
        description="units of each arm at which it ends without a winner"
    )
    window_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 90)] = Field(
        description="minutes after a unit's first exposure for which its outcomes count"
    )
    alpha: Chance = Field(default=0.05, description="chance of ever saying something of arms that do not differ")
    schedule: Schedule = Field(default="rate(1 hour)", description="when it is looked at, in UTC")

    @model_validator(mode="after")
    def _allocations_are_of_the_same_arms(self) -> Experiment:
        for before, after in pairwise(self.allocations):
            if set(before.shares) != set(after.shares) or before.since >= after.since:
                raise MistakeError(
                    "allocations", f"{after.shares} from {after.since}", "the same arms at every time, later ones last"
                )
        if self.control not in self.allocations[-1].shares:
            raise MistakeError("control", repr(self.control), ", ".join(sorted(self.allocations[-1].shares)))
        names = [metric.name for metric in (*self.targets, *self.guardrails)]
        if len(set(names)) != len(names):
            raise MistakeError("targets", str(names), "each metric once, as target or as guardrail")
        return self

    def declaration(self) -> dict[str, Any]:
        """The experiment as model_code/experiment makes one of it, with shares in percent."""
        return {
            "name": self.name,
            "control": self.control,
            "shares": [dict(each.shares) for each in self.allocations],
            "targets": [each.model_dump() for each in self.targets],
            "guardrails": [each.model_dump() for each in self.guardrails],
            "planned": self.planned,
            "alpha": self.alpha,
        }

    def require_arms(self, traffic: dict[str, int]) -> None:
        """Raise MistakeError unless the arms are the endpoint's variants, which serve what nobody assigned alike."""
        arms = self.allocations[-1].shares
        if set(arms) != set(traffic):
            raise MistakeError("experiment.allocations", f"arms {sorted(arms)}", f"the variants {sorted(traffic)}")
