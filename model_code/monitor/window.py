"""One pass over the captures: everything that is counted on the way, of a size that rows do not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeVar

import numpy as np

from model_code.contract import Feature, ModelSpec, Schema
from model_code.dataset import DataError
from model_code.drift.category import codes
from model_code.drift.joint import UNIT
from model_code.drift.profile import Profile
from model_code.gates.bias import Grouping
from model_code.monitor import captures, fairness
from model_code.monitor.attribution import Moments
from model_code.monitor.captures import Batch, Counts
from model_code.monitor.fairness import Key
from model_code.monitor.outcomes import Outcomes, Truth
from model_code.monitor.settings import Settings
from model_code.monitor.state import State

_LABELS = 10  # of a category, that importance is told from
_SEED = 2026
_Part = TypeVar("_Part", Profile, Moments)


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

    def merge(self, other: Window) -> Window:
        """Two parts of one window in one. Raises DriftError unless both began with the same bins."""
        tally = dict(self.tally)
        for place, (count, wrong) in other.tally.items():
            before = tally.get(place, (0, 0))
            tally[place] = before[0] + count, before[1] + wrong
        mine, theirs = self.counts, other.counts
        return Window(
            settings=self.settings,
            inputs=_both(self.inputs, other.inputs),
            answers=_both(self.answers, other.answers),
            attributed=_both(self.attributed, other.attributed),
            counts=Counts(**{one.name: getattr(mine, one.name) + getattr(theirs, one.name) for one in fields(Counts)}),
            tally=tally,
            treated=self.treated + other.treated,
            ungrouped=self.ungrouped | other.ungrouped,
        )


class Asked(NamedTuple):
    """What an outcome needs to know of its request."""

    variant: str
    minute: int
    answer: int
    cells: tuple[str | None, ...]
    """Of each grouping; None where the request has no such column, and the outcome says it."""


def look(
    folder: Path,
    spec: ModelSpec,
    settings: Settings,
    baseline: Profile | None,
    before: State,
    truth: Outcomes,
) -> Window:
    """Reads the captures of the window's hours below `folder` once, and earlier ones until all outcomes are joined.

    Ids carry no time, so earlier hours are gone through from the newest, and of their requests only those are read that
    an outcome is of. Outcomes that are joined are taken out of `truth`, so a request counts once.
    """
    schema = spec.inputs
    window = Window(
        settings=settings, inputs=baseline and baseline.empty(), answers=before.answers and before.answers.empty()
    )
    for batch in _batches(folder, schema, settings, window.counts, truth):
        sketch(window, batch, spec, baseline)
        found = [(one, truth.by_id.pop(key, None)) for key, one in asked(batch, settings, truth.by_id)]
        join(window, [(one, known) for one, known in found if known], spec)
    return window


def sketch(window: Window, batch: Batch, spec: ModelSpec, baseline: Profile | None) -> None:
    """Adds to the window what a batch says by itself, without outcomes."""
    here = [row for row, now in enumerate(batch.now) if now and window.settings.serves(batch.variants[row])]
    if not here:
        return
    if window.inputs is not None:
        window.inputs = window.inputs.add(batch.columns(here))
    answered = [row for row in here if batch.classes[row] >= 0]
    if not answered:
        return
    _answered(window, batch, answered, spec, baseline)
    if (favoured := _favoured(window.settings, spec)) is None:
        return
    selected = [batch.classes[row] == favoured for row in answered]
    for grouping in window.settings.groups:
        if grouping.column in batch.names:
            column = batch.names.index(grouping.column)
            cells = [str(batch.rows[row][column]) for row in answered]
            _count(window, grouping, cells, selected, [None] * len(answered), [True] * len(answered))


def asked(batch: Batch, settings: Settings, wanted: Container[str] | None = None) -> Iterator[tuple[str, Asked]]:
    """The answered requests that an outcome can be joined with, by inference id: all, or the wanted ones."""
    columns = [batch.names.index(one.column) if one.column in batch.names else -1 for one in settings.groups]
    for row, key in enumerate(batch.ids):
        if key and batch.classes[row] >= 0 and (wanted is None or key in wanted):
            cells = tuple(None if at < 0 else str(batch.rows[row][at]) for at in columns)
            yield key, Asked(batch.variants[row], batch.minutes[row], batch.classes[row], cells)


def join(window: Window, pairs: Sequence[tuple[Asked, Truth]], spec: ModelSpec) -> None:
    """Adds to the window what outcomes say of their requests; groups are those of the request, else the outcome's."""
    settings = window.settings
    for one, truth in pairs:
        place = one.variant, one.minute
        count, wrong = window.tally.get(place, (0, 0))
        window.tally[place] = count + 1, wrong + (truth.label != one.answer)
    if (favoured := _favoured(settings, spec)) is None:
        return
    live = [(one, truth) for one, truth in pairs if settings.serves(one.variant)]
    selected = [one.answer == favoured for one, _ in live]
    positive = [truth.label == favoured for _, truth in live]
    for at, grouping in enumerate(settings.groups):
        cells = [truth.cells[at] if (cell := one.cells[at]) is None else cell for one, truth in live]
        # Whom the request's own column puts into a group has been counted as selected or not, in its window.
        fresh = [one.cells[at] is None for one, _ in live]
        _count(window, grouping, cells, selected, positive, fresh)


def first_answers(
    files: Iterable[tuple[str, Path]], spec: ModelSpec, settings: Settings, baseline: Profile | None
) -> Profile | None:
    """The bins of answers that `look` settles for a version's first window, without a row; None without an answer.

    Reads no further than the first batch that has one.
    """
    window = Window(settings=settings, inputs=None)
    for batch in captures.batches(files, spec.inputs, settings.start, settings.end, window.counts):
        sketch(window, batch, spec, baseline)
        if window.answers is not None:
            return window.answers.empty()
    return None


def _batches(folder: Path, schema: Schema, settings: Settings, counts: Counts, truth: Outcomes) -> Iterator[Batch]:
    names = (path.relative_to(folder) for path in folder.rglob("*.jsonl"))
    own, earlier = captures.split(names, settings.start)

    def read(some: list[PurePath], counts: Counts, wanted: Container[str] | None = None) -> Iterator[Batch]:
        files = ((captures.variant(name), folder / name) for name in some)
        return captures.batches(files, schema, settings.start, settings.end, counts, wanted)

    yield from read(own, counts)
    for some in earlier:
        if not truth.by_id:
            return
        # What is wrong with them was said of their own windows.
        yield from read(some, Counts(), truth.by_id)


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


def _favoured(settings: Settings, spec: ModelSpec) -> int | None:
    """The favoured class; None where there is none that the model knows."""
    classes = spec.inputs.classes
    return classes.index(settings.favoured) if settings.favoured in classes else None


def _count(
    window: Window,
    grouping: Grouping,
    cells: Sequence[str],
    selected: Sequence[bool],
    positive: Sequence[bool | None],
    fresh: Sequence[bool],
) -> None:
    try:
        counts = fairness.counted(grouping, cells, selected, positive, fresh)
    except DataError:
        window.ungrouped.add(grouping.column)
        return
    for group, (hits, count) in counts.items():
        window.treated[group, True] += hits
        window.treated[group, False] += count - hits


def _both(first: _Part | None, second: _Part | None) -> _Part | None:
    return first.merge(second) if first is not None and second is not None else first or second
