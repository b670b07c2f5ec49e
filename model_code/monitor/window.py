"""One pass over the captures: everything that is counted on the way, of a size that rows do not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model_code.contract import Feature, ModelSpec
from model_code.dataset import DataError
from model_code.drift.category import codes
from model_code.drift.joint import UNIT
from model_code.drift.profile import Profile
from model_code.monitor import captures, fairness
from model_code.monitor.attribution import Moments
from model_code.monitor.captures import Batch, Counts
from model_code.monitor.fairness import Key
from model_code.monitor.outcomes import Outcomes
from model_code.monitor.settings import Settings
from model_code.monitor.state import State

_LABELS = 10  # of a category, that importance is told from
_SEED = 2026


@dataclass(kw_only=True)
class Window:
    """What was seen. `tally` is (outcomes, wrong) by variant and minute of the request.

    All but the tally is about the live version: what a candidate or a shadow is asked and answers is Rollout's matter.
    """

    settings: Settings
    inputs: Profile | None
    answers: Profile | None = None
    attributed: Moments | None = None
    counts: Counts = field(default_factory=Counts)
    tally: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    treated: Counter[tuple[Key, bool]] = field(default_factory=Counter)
    ungrouped: set[str] = field(default_factory=set)
    """Columns of groups whose cells no grouping could take."""

    @property
    def outcomes(self) -> int:
        """Those of the live version that were joined with their request."""
        return sum(count for (variant, _), (count, _) in self.tally.items() if self.settings.serves(variant))

    @property
    def wrong(self) -> int:
        """Those of them that the answer was not."""
        return sum(wrong for (variant, _), (_, wrong) in self.tally.items() if self.settings.serves(variant))

    @property
    def block(self) -> dict[Key, tuple[int, int]]:
        """(selected, rows) of each group by each measure."""
        keys = sorted({key for key, _ in self.treated})
        return {key: (self.treated[key, True], self.treated[key, True] + self.treated[key, False]) for key in keys}


def look(
    files: Iterable[tuple[str, Path]],
    spec: ModelSpec,
    settings: Settings,
    baseline: Profile | None,
    before: State,
    truth: Outcomes,
) -> Window:
    """Reads all captures once. Outcomes that are joined are taken out of `truth`, so a request counts once."""
    schema = spec.inputs
    window = Window(
        settings=settings, inputs=baseline and baseline.empty(), answers=before.answers and before.answers.empty()
    )
    for batch in captures.batches(files, schema, settings.start, settings.end, window.counts):
        live = [settings.serves(variant) for variant in batch.variants]
        here = [row for row, now in enumerate(batch.now) if now and live[row]]
        columns = batch.columns(here) if here else {}
        if window.inputs is not None and here:
            window.inputs = window.inputs.add(columns)
        answered = [row for row in here if batch.classes[row] >= 0]
        if answered:
            _answered(window, batch, answered, spec, baseline)
        _joined(window, batch, live, spec, truth)
    return window


def answer_features(spec: ModelSpec) -> list[Feature]:
    """What is looked at of an answer: its class, and one probability (of the second class of two; else its own)."""
    return [
        Feature(name="answer", dtype="category", categories=spec.inputs.classes),
        Feature(name="probability", minimum=0, maximum=1),
    ]


def _answered(window: Window, batch: Batch, rows: list[int], spec: ModelSpec, baseline: Profile | None) -> None:
    chances = np.array([batch.probabilities[row] for row in rows], dtype=np.float64)
    shown = chances[:, 1] if chances.shape[1] == 2 else chances.max(axis=1)
    columns: dict[str, Any] = {"answer": np.array([batch.classes[row] for row in rows]), "probability": shown}
    if window.answers is None:
        features = answer_features(spec)
        window.answers = Profile.of(features, columns, seed=_SEED, outputs=[feature.name for feature in features])
    else:
        window.answers = window.answers.add(columns)
    if baseline is None or not set(spec.inputs.names) <= set(batch.names):
        return
    names, values = importance_columns(spec, baseline, batch.columns(rows))
    if window.attributed is None:
        window.attributed = Moments.empty(names, chances.shape[1])
    window.attributed = window.attributed.add(values, chances)


def importance_columns(
    spec: ModelSpec, baseline: Profile, columns: dict[str, list[Any]]
) -> tuple[list[str], np.ndarray[Any, np.dtype[np.float64]]]:
    """Each number in spreads of the baseline, each of a category's first labels as 0 or 1; and whose they are."""
    names: list[str] = []
    values: list[np.ndarray[Any, Any]] = []
    for feature in spec.inputs.features:
        if feature.dtype == "category":
            seen = codes(feature, columns[feature.name])
            labels = feature.categories[:_LABELS]
            values += [seen == codes(feature, [label])[0] for label in labels]
            names += [feature.name] * len(labels)
        else:
            values.append(baseline.unit(feature.name, columns[feature.name]) / UNIT)
            names.append(feature.name)
    return names, np.stack(values, axis=1).astype(np.float64)


def _joined(window: Window, batch: Batch, live: list[bool], spec: ModelSpec, truth: Outcomes) -> None:
    """Outcomes are joined with their requests; groups are counted by the request's column, else by the outcome's."""
    settings = window.settings
    known: dict[int, tuple[int, tuple[str, ...]]] = {}
    for row, key in enumerate(batch.ids):
        if key and batch.classes[row] >= 0 and (found := truth.by_id.pop(key, None)) is not None:
            known[row] = found
            minute = batch.variants[row], batch.minutes[row]
            count, wrong = window.tally.get(minute, (0, 0))
            window.tally[minute] = count + 1, wrong + (found[0] != batch.classes[row])
    if settings.favoured not in spec.inputs.classes:
        return
    favoured = spec.inputs.classes.index(settings.favoured)
    for place, grouping in enumerate(settings.groups):
        if grouping.column in batch.names:
            column = batch.names.index(grouping.column)
            answered = [row for row, served in enumerate(live) if served and batch.classes[row] >= 0]
            rows = [row for row in answered if batch.now[row] or row in known]
            cells, fresh = [str(batch.rows[row][column]) for row in rows], [batch.now[row] for row in rows]
        else:
            rows = [row for row in known if live[row]]
            cells, fresh = [known[row][1][place] for row in rows], [True] * len(rows)
        selected = [batch.classes[row] == favoured for row in rows]
        true = [known[row][0] == favoured if row in known else None for row in rows]
        try:
            counts = fairness.counted(grouping, cells, selected, true, fresh)
        except DataError:
            window.ungrouped.add(grouping.column)
            continue
        for group, (hits, count) in counts.items():
            window.treated[group, True] += hits
            window.treated[group, False] += count - hits
