"""A window's captures and outcomes, what was handed on before, and what all of it comes to: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_code.contract import ModelSpec
from model_code.drift.hypotheses import ALL
from model_code.drift.judge import Report, judge
from model_code.drift.profile import Profile
from model_code.monitor import attribution, concept, fairness, kpis
from model_code.monitor.attribution import Attribution
from model_code.monitor.finding import Line, line, lines
from model_code.monitor.kpis import Reached
from model_code.monitor.outcomes import Outcomes
from model_code.monitor.settings import Settings
from model_code.monitor.state import State
from model_code.monitor.window import Window

FIRST = 1_000
"""Answers of a version's first windows that later windows' answers are compared with; more, if one window has more."""
_ORDER = {"drift": 0, "fault": 1, "note": 2}


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """Everything that one window came to, in the order in which to read it."""

    lines: tuple[Line, ...]
    inputs: Report | None
    predictions: Report | None
    attribution: Attribution | None
    gaps: Sequence[Mapping[str, Any]]
    kpis: Sequence[Reached]
    tolerated: float | None
    state: State

    @property
    def alarmed(self) -> dict[str, int]:
        """By the metrics' names: 0 or 1, and of MissedKpi and FeaturesDrifted how many."""
        drift = [one for one in self.lines if one.level == "drift"]
        areas = {one.area for one in drift}
        return {
            "InputDrift": int(any(one.area == "inputs" and one.feature != ALL for one in drift)),
            "JointDrift": int(any(one.area == "inputs" and one.feature == ALL for one in drift)),
            "PredictionDrift": int("predictions" in areas),
            "ConceptDrift": int("concept" in areas),
            "Bias": int("bias" in areas),
            "AttributionDrift": int("attribution" in areas),
            "FeaturesDrifted": len({one.feature for one in drift if one.area == "inputs" and one.feature != ALL}),
            "MissedKpi": sum(one.missed for one in self.kpis),
        }

    @property
    def faulty(self) -> bool:
        """Whether something is broken that retraining does not mend."""
        return any(one.level == "fault" for one in self.lines)


def conclude(
    window: Window,
    baseline: Profile | None,
    before: State,
    truth: Outcomes,
    settings: Settings,
    spec: ModelSpec,
    notes: Sequence[Line],
) -> Verdict:
    """The verdict on one window, and the state for the next."""
    found = [*notes, *_told(window, truth, settings, spec)]
    inputs = None
    if baseline is not None and window.inputs is not None:
        inputs = judge(baseline, window.inputs, settings.drift("inputs"))
        found += lines("inputs", inputs.findings)
    predictions, leaning, state = _answers(window, before, settings, found)
    rate = concept.tolerated(settings.metrics)
    end = settings.end.isoformat()
    tests, said = concept.judge(before.concept, window.wrong, window.outcomes, rate, end, settings.drift("concept"))
    found += said
    block, gaps, said = fairness.judge(
        before.block.add(window.block), settings.groups, settings.limits, settings.drift("bias").alpha
    )
    found += said
    month = f"{settings.end:%Y-%m}"
    moments = kpis.add(before.kpis if before.month == month else {}, truth.kpis)
    reached, said = kpis.judge(settings.kpis, moments, settings.kpi_alpha)
    found += said
    waited = 0.0 if window.outcomes else before.waited + settings.seconds * bool(before.waited or window.counts.with_id)
    if waited > settings.hours * 3600:
        text = f"requests with an inference id have waited for {waited / 3600:.3g} hours, and no outcome came"
        found.append(line("concept", "labels-never-came", "fault", text))
    state = replace(state, month=month, concept=tests, block=block, kpis=moments, waited=waited)
    found.sort(key=lambda one: (_ORDER[one.level], 1.0 if one.p is None else one.p, one.area, one.feature, one.kind))
    return Verdict(
        lines=tuple(found),
        inputs=inputs,
        predictions=predictions,
        attribution=leaning,
        gaps=gaps,
        kpis=reached,
        tolerated=rate,
        state=state,
    )


def _answers(
    window: Window, before: State, settings: Settings, found: list[Line]
) -> tuple[Report | None, Attribution | None, State]:
    """Answers beside those of the version's first windows, which they become part of until there are enough."""
    state = replace(before, version=settings.version)
    if before.settled and before.answers is not None:
        predictions, leaning = None, None
        if window.answers is not None and window.answers.rows:
            predictions = judge(before.answers, window.answers, settings.drift("predictions"))
            # What is wrong with a window on its face has been said of its inputs.
            found += [one for one in lines("predictions", predictions.findings) if one.p is not None]
        if before.attributed is not None and window.attributed is not None:
            leaning, said = attribution.judge(before.attributed, window.attributed, settings.drift("attribution"))
            found += said
        return predictions, leaning, state
    answers = window.answers
    if before.answers is not None and answers is not None:
        answers = before.answers.merge(answers)
    attributed = window.attributed
    if before.attributed is not None:
        attributed = before.attributed.merge(attributed) if attributed is not None else before.attributed
    settled = answers is not None and answers.rows >= FIRST
    rows = 0 if answers is None else answers.rows
    text = f"{rows} answers of this version so far; later windows are compared with its first {FIRST}"
    found.append(line("predictions", "first-answers", "note", text))
    return None, None, replace(state, answers=answers or before.answers, attributed=attributed, settled=settled)


def _told(window: Window, truth: Outcomes, settings: Settings, spec: ModelSpec) -> list[Line]:
    """What could not be used, by name and number."""
    counts, groups = window.counts, settings.groups
    said = [
        ("job", "unreadable-captures", counts.unreadable, "captured requests could not be read"),
        ("job", "refused", counts.refused, "captured requests were answered by no prediction"),
        ("inputs", "wrong-width", counts.wrong_width, "rows had another number of cells than the schema has"),
        ("concept", "unreadable-outcomes", truth.unreadable, "lines of outcomes could not be read"),
        ("concept", "unknown-class", truth.unknown, f"outcomes are none of {', '.join(spec.inputs.classes)}"),
        ("concept", "repeated-outcomes", truth.repeated, "outcomes came for an inference id that had one"),
        ("concept", "too-many-outcomes", truth.dropped, "outcomes are more than one job holds, and were left out"),
        ("concept", "unmatched-outcomes", truth.unmatched, "outcomes belong to no captured request"),
    ]
    found = [line(area, kind, "note", f"{count} {text}") for area, kind, count, text in said if count]
    if not window.counts.requests:
        found.append(line("job", "no-captures", "fault", "no request was captured"))
    if groups and settings.favoured not in spec.inputs.classes:
        text = f"the favoured class: got {settings.favoured!r}; allowed: {', '.join(spec.inputs.classes)}"
        found.append(line("bias", "unknown-favoured", "fault", text))
    for column in sorted(window.ungrouped):
        found.append(line("bias", "no-numbers", "fault", "the groups have edges, and a value is no number", column))
    return found
