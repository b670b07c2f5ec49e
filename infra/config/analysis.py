"""How a new version of a model earns the live one's place, in a stack file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from catalog import analysis as catalog
from infra.config.base import AsTuple, MistakeError, Strict, as_number

# A day: a step or a bake of more is no rollout but an experiment.
Minutes = Annotated[int, Field(ge=0, le=1440)]
Part = Annotated[int, Field(ge=1, le=99)]
Requests = Annotated[int, Field(ge=0, le=10_000_000)]
Rate = Annotated[float, Field(gt=0, lt=100), BeforeValidator(as_number)]
# Steps of less would not fit into the parameter that holds them, of 4 KB.
_SMALLEST = 5


class Stage(Strict):
    """One step of a staged plan."""

    percent: Part = Field(description="share of the traffic, more than in the stage before")
    minutes: Minutes = Field(default=0, description="least minutes at this share")
    requests: Requests = Field(default=0, description="requests that the candidate must have answered in all")


class Metric(Strict):
    """The share of wrong answers, which DriftMonitor counts for each variant as outcomes become known."""

    margin: Annotated[float, Field(gt=0, lt=1), BeforeValidator(as_number)] = Field(
        description="how much worse the candidate may be, of 1: 0.02 for two more wrong answers in a hundred"
    )
    least: Annotated[int, Field(ge=1)] = Field(description="outcomes of the candidate before it may be promoted")


class Trial(Strict):
    """Copies of requests for the candidate before it gets traffic; nobody sees its answers."""

    percent: Annotated[int, Field(ge=1, le=100)] = Field(description="percent of requests that are copied to it")
    requests: Annotated[int, Field(ge=1, le=10_000_000)] = Field(description="copies that it must have answered")


class Analysis(Strict):
    """New versions take the live one's place by themselves, as far as they do no harm."""

    plan: Literal["canary", "linear", "staged"] = Field(
        default="canary", description="one step, equal steps, or the steps that `stages` lists"
    )
    percent: Part | None = Field(default=None, description="size of a step in percent: canary 1–99, linear 5–50")
    step_minutes: Minutes | None = Field(default=None, description="least minutes of a step of canary or linear")
    requests: Requests | None = Field(
        default=None,
        description="requests that the candidate must have answered before a step of canary or linear ends",
    )
    stages: Annotated[tuple[Stage, ...], AsTuple] = Field(
        default=(), max_length=20, description="the steps of plan staged, with rising shares"
    )
    bake_minutes: Minutes = Field(default=10, description="minutes after the last step before the version is promoted")
    look_seconds: Annotated[int, Field(ge=10, le=600)] = Field(default=60, description="seconds between two looks")
    error_percent: Rate = Field(default=1.0, description="percent of bad answers (5xx, or too slow) that are tolerated")
    detect_percent: Rate = Field(
        default=5.0,
        description="rise over the live version, in percent of requests, that must show before a promotion",
    )
    patience: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=30, description="looks in a row without data, as when outcomes are late, after which it goes back"
    )
    latency_ms: Annotated[int, Field(ge=1, le=60_000)] | None = Field(
        default=None, description="an answer that takes more milliseconds is a bad one"
    )
    metric: Metric | None = Field(default=None, description="limit of the share of wrong answers; needs `monitor`")
    shadow: Trial | None = Field(default=None, description="first copies of requests, then traffic")

    @model_validator(mode="after")
    def _steps_are_a_plan(self) -> Analysis:
        if self.plan == "staged":
            for key, value in (
                ("percent", self.percent),
                ("stepMinutes", self.step_minutes),
                ("requests", self.requests),
            ):
                if value is not None:
                    raise MistakeError(key, f"{value} with plan staged", "none: each of `stages` has its own")
            if not self.stages:
                raise MistakeError("stages", "none with plan staged", "one stage or more")
        elif self.stages:
            raise MistakeError("stages", f"{len(self.stages)} with plan {self.plan}", "plan staged")
        for position in range(1, len(self.stages)):
            before, now = self.stages[position - 1].percent, self.stages[position].percent
            if now <= before:
                raise MistakeError(f"stages[{position}].percent", str(now), f"{before + 1} to 99, more than before")
        if self.plan == "linear" and not _SMALLEST <= self._percent <= 50:
            raise MistakeError("percent", f"{self._percent} with plan linear", f"{_SMALLEST} to 50")
        return self

    @model_validator(mode="after")
    def _rates_leave_room(self) -> Analysis:
        if self.error_percent + self.detect_percent >= 100:
            got = f"{self.detect_percent:g} above errorPercent {self.error_percent:g}"
            raise MistakeError("detectPercent", got, "less than 100 with errorPercent")
        return self

    @property
    def _percent(self) -> int:
        return 10 if self.percent is None else self.percent

    def normal(self) -> catalog.Analysis:
        """What Rollout works on; its alarms are the endpoint's to name."""
        return catalog.Analysis(
            steps=self._steps(),
            bake_seconds=60 * self.bake_minutes,
            look_seconds=self.look_seconds,
            tolerated=self.error_percent / 100,
            detect=self.detect_percent / 100,
            patience=self.patience,
            latency_ms=self.latency_ms,
            metric=catalog.OnlineMetric(margin=self.metric.margin, least=self.metric.least) if self.metric else None,
            shadow=catalog.Shadow(percent=self.shadow.percent, requests=self.shadow.requests) if self.shadow else None,
        )

    def _steps(self) -> tuple[catalog.Step, ...]:
        if self.plan == "staged":
            return tuple(
                catalog.Step(percent=each.percent, requests=each.requests, seconds=60 * each.minutes)
                for each in self.stages
            )
        return catalog.steps(self.plan, self._percent, 60 * (self.step_minutes or 0), self.requests or 0)
