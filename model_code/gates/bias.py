"""The fairness gate: how differently a version treats declared groups, and whether the rows can tell."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model_code.dataset import DataError, Labels
from model_code.gates.inference import Estimate, difference, proportion, ratio
from model_code.gates.report import Finding, Identity, Report
from model_code.paths import SettingError

if TYPE_CHECKING:
    # It brings the server's onnxruntime, which a look at captures (model_code/monitor) does without.
    from model_code.gates.scoring import Answers

MEASURES = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """A column whose values are the groups; with edges, numbers are groups from one edge to below the next."""

    column: str
    edges: tuple[float, ...] = ()
    reference: str = ""
    """The group that the others are compared with; the largest if empty."""

    def groups(self, cells: Sequence[str]) -> list[str]:
        """Each row's group; a cell that is empty is group "(none)"."""
        if not self.edges:
            return [cell or "(none)" for cell in cells]
        bounds = ["", *(f"{edge:g}" for edge in self.edges), ""]
        names = [f"{low or 'less'} to {high or 'more'}" for low, high in pairwise(bounds)]
        try:
            return [names[bisect_right(self.edges, float(cell))] if cell else "(none)" for cell in cells]
        except ValueError as error:
            raise DataError(f"{self.column} has edges, so its values must be numbers: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How far a group may be from the reference: |difference| at most, ratio at least (and at most its inverse)."""

    difference: float | None = None
    ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One group beside the reference by one measure."""

    column: str
    group: str
    reference: str
    measure: str
    rate: Estimate
    reference_rate: Estimate
    difference: Estimate
    ratio: Estimate


@dataclass(frozen=True, kw_only=True)
class BiasReport(Report):
    """Gaps between groups; the level of the intervals makes all of them true together with 95 % (Bonferroni)."""

    gate: str = "bias"
    favoured: str
    limits: Mapping[str, Limit]
    level: float
    gaps: tuple[Gap, ...]


def bias(
    answers: Answers,
    labels: Labels,
    classes: Sequence[str],
    favoured: str,
    columns: Mapping[Grouping, Sequence[str]],
    limits: Mapping[str, Limit],
    identity: Identity,
    *,
    rows: int = 30,
) -> BiasReport:
    """Stops where a gap is beyond its limit with its whole interval; asks where only its value is.

    Asks too, by "not-enough-rows", where a measure with a limit has fewer than `rows` rows of a group. Being selected
    is being given the class `favoured`. Raises SettingError for what does not exist.
    """
    _settings(limits, favoured, classes)
    at = list(classes).index(favoured)
    selected, positive = answers.probabilities.argmax(axis=1) == at, labels == at
    masks = {"selection_rate": labels == labels, "true_positive_rate": positive, "false_positive_rate": ~positive}
    findings, pairs = list(answers.unseen()), []
    for grouping, cells in columns.items():
        groups = grouping.groups(cells)
        reference = _reference(grouping, groups)
        named = np.array(groups)
        for measure in MEASURES:
            counts = {name: _count(selected, masks[measure] & (named == name)) for name in sorted(set(groups))}
            if measure in limits:
                findings += _few(grouping, measure, counts, rows)
            told = {name: count for name, count in counts.items() if count[1] >= rows}
            if reference in told:
                pairs += [(grouping, name, reference, measure, told) for name in told if name != reference]
    level = 1 - 0.05 / max(1, len(pairs))
    gaps = tuple(_gap(*pair, level) for pair in pairs)
    findings += [finding for gap in gaps if gap.measure in limits for finding in _judged(gap, limits[gap.measure])]
    return BiasReport(
        identity=identity, findings=tuple(findings), favoured=favoured, limits=limits, level=level, gaps=gaps
    )


def no_groups(answers: Answers, identity: Identity) -> BiasReport:
    """Passes, and notes that fairness was not looked at because the stack file declares no groups."""
    text = "no groups are declared (fairness.groups of the model's stack entry), so none were compared"
    note = Finding(name="no-groups", severity="note", text=text)
    return BiasReport(
        identity=identity, findings=(*answers.unseen(), note), favoured="", limits={}, level=0.95, gaps=()
    )


def _settings(limits: Mapping[str, Limit], favoured: str, classes: Sequence[str]) -> None:
    unknown = sorted(limits.keys() - set(MEASURES))
    if unknown:
        raise SettingError(f"fairness limits: got {unknown[0]!r}, allowed: {', '.join(MEASURES)}")
    if favoured not in classes:
        raise SettingError(f"the favoured class: got {favoured!r}, allowed: {', '.join(classes)}")
    for name, limit in limits.items():
        if not 0 < (1.0 if limit.ratio is None else limit.ratio) <= 1 or (limit.difference or 0) < 0:
            raise SettingError(f"fairness limit {name}: got {limit}, allowed: a difference from 0, a ratio up to 1")


def _reference(grouping: Grouping, groups: Sequence[str]) -> str:
    counts = Counter(groups)
    if grouping.reference and grouping.reference not in counts:
        found = ", ".join(sorted(counts))
        raise SettingError(f"{grouping.column}: got the reference {grouping.reference!r}, groups in the data: {found}")
    return grouping.reference or max(sorted(counts), key=lambda name: counts[name])


def _count(selected: NDArray[np.bool_], rows: NDArray[np.bool_]) -> tuple[int, int]:
    return int((selected & rows).sum()), int(rows.sum())


def _few(grouping: Grouping, measure: str, counts: Mapping[str, tuple[int, int]], rows: int) -> Iterator[Finding]:
    for name, (_, size) in counts.items():
        if size < rows:
            where = f"{grouping.column}={name}, {measure}"
            yield Finding(name="not-enough-rows", severity="ask", text=f"{size} rows, wanted: {rows}", where=where)
    if len(counts) < 2:
        text = f"all rows are of one group, {next(iter(counts))!r}: there is nothing to compare"
        yield Finding(name="one-group", severity="ask", text=text, where=f"{grouping.column}, {measure}")


def _gap(
    grouping: Grouping, name: str, reference: str, measure: str, counts: Mapping[str, tuple[int, int]], level: float
) -> Gap:
    rate, other = proportion(*counts[name], level), proportion(*counts[reference], level)
    return Gap(
        column=grouping.column,
        group=name,
        reference=reference,
        measure=measure,
        rate=rate,
        reference_rate=other,
        difference=difference(rate, other),
        ratio=ratio(counts[name], counts[reference], level),
    )


def _judged(gap: Gap, limit: Limit) -> Iterator[Finding]:
    bounds = []
    if limit.difference is not None:
        bounds.append(("difference", gap.difference, -limit.difference, limit.difference))
    if limit.ratio is not None:
        bounds.append(("ratio", gap.ratio, limit.ratio, 1 / limit.ratio))
    for kind, got, low, high in bounds:
        if low <= got.value <= high:
            continue
        sure = got.high < low or got.low > high
        yield Finding(
            name="unfair" if sure else "unfair-within-noise",
            severity="stop" if sure else "ask",
            text=f"{kind} of {gap.measure} to {gap.reference} is {got.value:.3f} ({got.low:.3f} to {got.high:.3f}), "
            f"allowed: {low:g} to {high:g}",
            where=f"{gap.column}={gap.group}",
        )
