"""What an experiment's function works on: a parameter that Pulumi writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.loop import Document


@dataclass(frozen=True, kw_only=True)
class TrialSettings(Document):
    """The content of /takeoff/<stack>/<model>/experiment.

    `experiment` is what model_code.experiment.declared.Experiment is made of; `since` is when its present allocation
    began (ISO 8601, UTC), and a unit's outcomes count for `window_seconds` after it was first exposed. The log is below
    s3://<bucket>/<prefix>/{exposures,outcomes}/, reports below s3://<bucket>/<prefix>/reports/. A verdict starts the
    state machine `rollout` for the parameter `desired`.
    """

    model: str
    stack: str
    experiment: Mapping[str, Any]
    since: str
    window_seconds: int
    bucket: str
    prefix: str
    rollout: str
    desired: str
    key: str


def honoured(traffic: Mapping[str, int], verdict: Mapping[str, Any], experiment: str) -> dict[str, int]:
    """The shares of traffic that an experiment's verdict leaves of those that are declared.

    A winner gets everything. An arm that broke a guardrail gets nothing, and the first arm that is left takes its
    share. Any other verdict, one of another experiment, and none at all leave everything as it is declared.
    """
    shares, kind, arm = dict(traffic), verdict.get("kind"), str(verdict.get("arm"))
    if verdict.get("experiment") != experiment or arm not in shares:
        return shares
    if kind == "winner":
        return {name: 100 if name == arm else 0 for name in shares}
    if kind == "guardrail broken":
        heir = next(name for name in shares if name != arm)
        return {**shares, arm: 0, heir: shares[heir] + shares[arm]}
    return shares


def allocations(shares: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Shares in percent as shares of one, for `Experiment.shares`."""
    return [{arm: percent / 100 for arm, percent in each.items()} for each in shares]
