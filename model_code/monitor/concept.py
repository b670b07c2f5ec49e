"""Whether the live version has begun to err more often than on its held-out rows, whenever the truth arrives.

An e-detector of the Shiryaev-Roberts kind: a test by betting is begun in every window, and the evidence of all of them
is added up. Without drift the mean number of windows until the sum reaches 1/alpha is at least 1/alpha, so alarms come
at most at the stated rate, and an old stretch of few errors does not hide a new one of many: Shin, Ramdas, Rinaldo
(2023), "E-detectors: a nonparametric framework for sequential change detection", https://arxiv.org/abs/2203.03532.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from model_code.drift.settings import DriftSettings
from model_code.monitor.finding import Line, line
from model_code.sequential.error_rate import Tolerated

MARGIN = 0.02
"""Added to the held-out error rate, which is itself an estimate: an error rate below the sum is nobody's concern."""
_STARTS = 200  # tests at once; leaving some out can only make alarms rarer
_CURVE = 200  # windows that the report draws


@dataclass(frozen=True, kw_only=True)
class Concept:
    """(wrong, outcomes) of each running test, and (window's end, wrong, outcomes, evidence) of the latest windows."""

    starts: tuple[tuple[int, int], ...] = ()
    curve: tuple[tuple[str, int, int, float], ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The state that `document` wrote."""
        starts = tuple((int(wrong), int(outcomes)) for wrong, outcomes in document["starts"])
        return cls(starts=starts, curve=tuple((str(a), int(b), int(c), float(d)) for a, b, c, d in document["curve"]))

    def document(self) -> dict[str, Any]:
        """The state as JSON holds it."""
        return {"starts": [list(one) for one in self.starts], "curve": [list(one) for one in self.curve]}


def tolerated(metrics: Mapping[str, float]) -> float | None:
    """The error rate that is tolerated; None where nothing says how accurate the version was."""
    accuracy = metrics.get("accuracy")
    return None if accuracy is None else min(max(1 - accuracy, 0.0) + MARGIN, 0.99)


def judge(
    before: Concept, wrong: int, outcomes: int, rate: float | None, end: str, settings: DriftSettings
) -> tuple[Concept, list[Line]]:
    """The state after one window's outcomes, and what they say. After an alarm all tests begin anew."""
    if not outcomes:
        return before, []
    if rate is None:
        text = f"{outcomes} outcomes came, and the version has no metric `accuracy` to hold them to"
        return before, [line("concept", "no-error-rate", "note", text)]
    starts = [(w + wrong, n + outcomes) for w, n in (*before.starts, (0, 0))]
    evidence = [Tolerated(rate=rate, errors=w, requests=n).log_evidence for w, n in starts]
    most = max(evidence)
    total = most + math.log(math.fsum(math.exp(one - most) for one in evidence))
    alarm = total >= -math.log(settings.alpha)
    best = sorted(range(len(starts)), key=lambda at: -evidence[at])[:_STARTS]
    curve = (*before.curve, (end, wrong, outcomes, round(total, 3)))[-_CURVE:]
    after = Concept(starts=() if alarm else tuple(starts[at] for at in sorted(best)), curve=curve)
    if not alarm:
        return after, []
    w, n = starts[best[0]]
    text = f"{w} of {n} outcomes say that the answer was wrong ({w / n:.1%}), {rate:.1%} is tolerated"
    return after, [line("concept", "concept-drift", "drift", text)]
