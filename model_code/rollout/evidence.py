"""What a candidate's requests say about it: whether it harms, whether anything is missing, how much is still needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog.analysis import Analysis, OnlineMetric
from model_code.rollout.records import State
from model_code.sequential.error_rate import ALPHA, Compared, Tolerated
from model_code.sequential.interval import Interval, Sequence
from model_code.sequential.moments import Moments
from model_code.sequential.passage import requests_needed
from model_code.sequential.power import still_needed

# None of so many that were to be expected is missing data and no chance: at a random split that is e^-10.
EXPECTED = 10


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Sums of one variant since the analysis began. `slow` are answers above the limit of latency.

    `bad` is what is tested. CloudWatch tells errors and slow answers apart, and not which answers were both, so the
    larger of the two is taken for each minute: never more than there were.
    """

    requests: int = 0
    bad: int = 0
    errors: int = 0
    slow: int = 0
    latency_us: float = 0.0
    outcomes: int = 0
    wrong: int = 0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Both variants' sums at one moment."""

    live: Counts
    candidate: Counts


@dataclass(frozen=True)
class Missing:
    """The sums could not be had, and why."""

    reason: str


def alpha(analysis: Analysis) -> float:
    """Each test's part of the chance that a rollout of a good version is ever taken back: they share ALPHA equally."""
    return ALPHA / (3 if analysis.metric else 2)


def harm(analysis: Analysis, state: State, found: Evidence) -> str:
    """Why the candidate has to go back; empty while nothing speaks against it. Exact however often it is asked."""
    tolerated, compared = _tolerated(analysis, found.candidate), _compared(analysis, state, found)
    if tolerated.exceeded:
        return (
            f"{tolerated.errors} of {tolerated.requests} answers were bad; {_percent(analysis.tolerated)} are tolerated"
        )
    if compared and compared.worse:
        return (
            f"it fails more often than the live version: {found.candidate.bad} of {found.candidate.requests} answers "
            f"against {found.live.bad} of {found.live.requests}"
        )
    metric = analysis.metric
    if metric and (difference := _difference(metric, alpha(analysis), found)).low > metric.margin:
        return (
            f"{metric.name} is worse than the live version's by {_percent(difference.estimate)}; "
            f"{_percent(metric.margin)} are allowed"
        )
    return ""


def suspicious(analysis: Analysis, state: State, found: Evidence) -> bool:
    """Whether anything speaks against the candidate yet, however little."""
    compared = _compared(analysis, state, found)
    return _tolerated(analysis, found.candidate).log_evidence > 0 or bool(compared and compared.log_evidence > 0)


def evidence_at(analysis: Analysis, state: State, found: Evidence) -> float:
    """The comparison's evidence so far, to be kept when shares change."""
    compared = _compared(analysis, state, found)
    return compared.log_evidence if compared else state.earlier


def missing(analysis: Analysis, state: State, found: Evidence | Missing, percent: int) -> str:
    """What this look should have seen and did not; empty when all is there. `percent` is the candidate's share now."""
    if isinstance(found, Missing):
        return found.reason
    live, candidate = found.live.requests - state.seen_live, found.candidate.requests - state.seen_candidate
    if candidate <= 0 and (live <= 0 or percent == 100):
        return "no requests since the last look"
    if candidate <= 0 and live * percent >= EXPECTED * (100 - percent):
        return f"no requests of the candidate since the last look, while the live version had {live}"
    if live <= 0 and candidate * (100 - percent) >= EXPECTED * percent:
        return f"no requests of the live version since the last look, while the candidate had {candidate}"
    if analysis.metric and not found.candidate.outcomes and percent < 100:
        expected = found.live.outcomes * percent / (100 - percent)
        if expected >= EXPECTED:
            return f"no {analysis.metric.of} of the candidate, while the live version has {found.live.outcomes}"
    return ""


@lru_cache
def sample(analysis: Analysis) -> int:
    """The candidate's answers after which one that fails at `tolerated` + `detect` is found out with chance `power`.

    Raises UnusableError where that takes more than model_code.sequential.passage.MOST.
    """
    harmful = min(1.0, analysis.tolerated + analysis.detect)
    return requests_needed(analysis.tolerated, harmful, alpha=alpha(analysis), power=analysis.power)


def lacking(analysis: Analysis, found: Evidence) -> tuple[int, int]:
    """How many answers and how many outcomes of the candidate are still needed before it may have everything."""
    outcomes = still_needed(analysis.metric.least, found.candidate.outcomes) if analysis.metric else 0
    return still_needed(sample(analysis), found.candidate.requests), outcomes


def latency(live: Counts, candidate: Counts) -> Mapping[str, object]:
    """Both variants' latency for a shadow comparison: its mean, and the share of answers that were not too slow."""
    return {
        name: {
            "requests": each.requests,
            "mean_ms": round(each.latency_us / each.requests / 1000, 3) if each.requests else None,
            "in_time": round(1 - each.slow / each.requests, 4) if each.requests else None,
            "errors": each.errors,
        }
        for name, each in (("live", live), ("candidate", candidate))
    }


def _tolerated(analysis: Analysis, candidate: Counts) -> Tolerated:
    bad = min(candidate.bad, candidate.requests)
    return Tolerated(rate=analysis.tolerated, alpha=alpha(analysis), errors=bad, requests=candidate.requests)


def _compared(analysis: Analysis, state: State, found: Evidence) -> Compared | None:
    """The comparison at the share that was asked for last; None where one variant has everything.

    Sums that come late are counted at a larger share than they happened at, under which a candidate's errors mean
    less: that errs on the side of the candidate.
    """
    if not 0 < state.percent < 100:
        return None
    return Compared(
        share=state.percent / 100,
        alpha=alpha(analysis),
        candidate=max(0, found.candidate.bad - state.base_candidate),
        live=max(0, found.live.bad - state.base_live),
        earlier=state.earlier,
    )


def _difference(metric: OnlineMetric, chance: float, found: Evidence) -> Interval:
    """Where the candidate's rate less the live version's lies, at all times at once. Two-sided, one side of it used."""
    sequence = Sequence(alpha=2 * chance, planned=2 * max(metric.least, 1), rate=True)
    return sequence.difference(*(_moments(each.wrong, each.outcomes) for each in (found.candidate, found.live)))


def _moments(hits: int, values: int) -> Moments:
    """The moments of so many values of which so many are 1 and all others 0."""
    if values <= 0:
        return Moments()
    hits = min(hits, values)
    mean = hits / values
    spread = values * mean * (1 - mean)
    return Moments(count=values, mean=mean, square=spread, cube=spread * (1 - 2 * mean))


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"
