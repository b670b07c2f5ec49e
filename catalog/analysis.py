"""How a new version earns its traffic: steps by share and sample, and what it must not do meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from catalog.plan import Refusal


@dataclass(frozen=True, kw_only=True)
class Step:
    """A share of traffic in percent, kept until the candidate has answered `requests` and `seconds` have passed."""

    percent: int
    requests: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """Before any traffic, the candidate gets copies of `percent` of the requests until it has answered `requests`."""

    percent: int
    requests: int


@dataclass(frozen=True, kw_only=True)
class OnlineMetric:
    """A rate that DriftMonitor publishes as outcomes become known: `name` of `of`, for each variant.

    Both are metrics in the namespace MODELS with the dimensions EndpointName and VariantName, counted at the time of
    the request: `name` (such as Wrong) is how many of `of` (Outcomes) were so. Lower is better; the candidate may be
    worse by `margin` (0 to 1) and has to have `least` outcomes before it is promoted.
    """

    name: str = "Wrong"
    of: str = "Outcomes"
    margin: float
    least: int


MODELS = "Takeoff/Models"


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What Rollout does with a new version before it takes the live one's place.

    An answer is bad when it is a 5xx, or slower than `latency_ms` where that is set. `tolerated` is the rate of bad
    answers (0 to 1) that a candidate may have; `detect` is the rise over the live version's rate that must show with
    chance `power` before it is promoted, from which the sample follows. `look_seconds` pass between two looks, and
    after `patience` looks without data the rollout goes back. `alarms` are names; one that rings ends it.
    """

    steps: tuple[Step, ...]
    bake_seconds: int
    look_seconds: int
    tolerated: float
    detect: float
    power: float = 0.9
    patience: int = 30
    latency_ms: int | None = None
    metric: OnlineMetric | None = None
    shadow: Shadow | None = None
    alarms: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: dict[str, object]) -> Analysis:
        """Back from the dictionary that dataclasses.asdict makes. Raises TypeError or KeyError for another one."""
        fields = dict(raw)
        steps, alarms = fields.pop("steps"), fields.pop("alarms")
        metric, shadow = fields.pop("metric"), fields.pop("shadow")
        return cls(
            steps=tuple(Step(**each) for each in steps),  # type: ignore[attr-defined]
            alarms=tuple(alarms),  # type: ignore[arg-type]
            metric=OnlineMetric(**metric) if metric else None,  # type: ignore[arg-type]
            shadow=Shadow(**shadow) if shadow else None,  # type: ignore[arg-type]
            **fields,  # type: ignore[arg-type]
        )


def steps(kind: Literal["canary", "linear"], percent: int, seconds: int, requests: int) -> tuple[Step, ...]:
    """The steps of a canary (one step, then all) or of a linear plan (equal steps up to 100, the last one left out)."""
    shares = (percent,) if kind == "canary" else tuple(range(percent, 100, percent))
    return tuple(Step(percent=share, requests=requests, seconds=seconds) for share in shares)


# What an execution can look at before its history is full, with room for the looks that wait for data:
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_LOOKS = 2_000
LOOK_SECONDS = (5, 3_600)
POWER = (0.5, 0.99)
# A difference of rates takes this many values an arm before its interval says anything: model_code.sequential.interval.
LEAST_OUTCOMES = 100
# By Wald's bound; the test itself takes up to three times as many, and is not asked beyond 10,000 requests.
MOST_INFORMATION = 3_300


def refusals(analysis: Analysis) -> list[Refusal]:
    """What makes no sense about an analysis, for the preview: field, what it is, what is allowed; empty if all does."""
    return [*_of_steps(analysis), *_of_times(analysis), *_of_rates(analysis), *_of_shadow_and_metric(analysis)]


def _of_steps(analysis: Analysis) -> Iterator[Refusal]:
    shares = [step.percent for step in analysis.steps]
    if not shares or not all(0 < share < 100 for share in shares) or shares != sorted(set(shares)):
        yield Refusal("steps", str(shares), "one or more percentages from 1 to 99, each above the one before")
    for step in analysis.steps:
        if step.requests < 1 or step.seconds < 0:
            got = f"{step.requests} requests, {step.seconds} seconds at {step.percent} %"
            yield Refusal("steps", got, "at least one request, and no negative time")


def _of_times(analysis: Analysis) -> Iterator[Refusal]:
    low, high = LOOK_SECONDS
    if not low <= analysis.look_seconds <= high:
        yield Refusal("look_seconds", str(analysis.look_seconds), f"{low} to {high} seconds")
    elif (looks := sum(step.seconds for step in analysis.steps) + analysis.bake_seconds) > (
        longest := MOST_LOOKS * analysis.look_seconds
    ):
        yield Refusal("steps", f"{looks} seconds with the bake time", f"at most {longest}, or a longer look_seconds")
    if analysis.bake_seconds < 0:
        yield Refusal("bake_seconds", str(analysis.bake_seconds), "no negative time")
    if not 1 <= analysis.patience <= MOST_LOOKS:
        yield Refusal("patience", str(analysis.patience), f"1 to {MOST_LOOKS} looks")
    if analysis.latency_ms is not None and analysis.latency_ms < 1:
        yield Refusal("latency_ms", str(analysis.latency_ms), "at least 1 ms, or none")


def _of_rates(analysis: Analysis) -> Iterator[Refusal]:
    if not POWER[0] <= analysis.power <= POWER[1]:
        yield Refusal("power", str(analysis.power), f"{POWER[0]} to {POWER[1]}")
    if not 0 < analysis.tolerated < 1:
        yield Refusal("tolerated", str(analysis.tolerated), "above 0 and below 1")
    elif not 0 < analysis.detect <= 1 - analysis.tolerated:
        yield Refusal("detect", str(analysis.detect), f"above 0 and at most {1 - analysis.tolerated:.3g}")
    elif _information(analysis) > MOST_INFORMATION:
        allowed = f"more: a rise of {analysis.detect} over {analysis.tolerated} takes more than 10000 requests to see"
        yield Refusal("detect", str(analysis.detect), allowed)


def _information(analysis: Analysis) -> float:
    """The requests that any test of the tolerated rate needs on average to find one that is higher by `detect`.

    Wald (1945), "Sequential tests of statistical hypotheses", section 4, with a chance of 1e-4 / 3 to be wrong.
    """
    rate = min(1.0, analysis.tolerated + analysis.detect)
    told = rate * math.log(rate / analysis.tolerated)
    told += (1 - rate) * math.log((1 - rate) / (1 - analysis.tolerated)) if rate < 1 else 0.0
    return math.log(3e4) / told if told > 0 else math.inf


def _of_shadow_and_metric(analysis: Analysis) -> Iterator[Refusal]:
    shadow, metric = analysis.shadow, analysis.metric
    if shadow and not (0 < shadow.percent <= 100 and shadow.requests >= 1):
        yield Refusal(
            "shadow", f"{shadow.percent} %, {shadow.requests} requests", "1 to 100 % and at least one request"
        )
    if metric and not 0 <= metric.margin < 1:
        yield Refusal("metric.margin", str(metric.margin), "from 0 to below 1")
    if metric and metric.least < LEAST_OUTCOMES:
        yield Refusal("metric.least", str(metric.least), f"at least {LEAST_OUTCOMES} outcomes")
    if metric and (not metric.name or not metric.of or metric.name == metric.of):
        got = f"{metric.name!r} of {metric.of!r}"
        yield Refusal("metric", got, "two metrics that DriftMonitor publishes, such as Wrong of Outcomes")
