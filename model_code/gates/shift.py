"""A data set beside the last accepted one: moved further than by chance at this size, and far enough to count."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model_code.dataset import Dataset
from model_code.gates.inference import Floats, chi_square_tail, kolmogorov_tail, normal_tail
from model_code.gates.report import Finding
from model_code.gates.summary import Column, Summary, distribution


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """What may differ from the last accepted data. A difference has to pass both its limit and the test to stop."""

    false_alarms: float = 0.001
    """Chance that a data set drawn like the last one is stopped, all tests of it together (Bonferroni)."""
    distance: float = 0.1
    """Kolmogorov-Smirnov distance of a feature, from 0 to 1."""
    balance: float = 0.05
    """Share of rows that would have to change their class."""
    association: float = 0.05
    """Change of the AUC by which a feature alone tells a class: what noise in the labels wears away."""
    fewest: float = 0.8
    most: float = 10.0
    """Rows, as a multiple of the last accepted data's."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One comparison with the last accepted data: how far, how likely by chance, and whether that stops."""

    what: str
    where: str
    distance: float
    probability: float
    stops: bool


def compared(
    data: Dataset, now: Summary, before: Summary, tolerance: Tolerance
) -> tuple[tuple[Moved, ...], tuple[Finding, ...]]:
    """Every comparison, and findings for those that stop. Both summaries are of one schema.

    Samples are taken as independent; where the new data contain the old ones, as they do when data only grow, the
    true chance of a false alarm is below the stated one, and a shift of the new rows alone is diluted by the old.
    """
    tests = 1 + sum(1 + len(column.auc) for column in now.columns)
    level = tolerance.false_alarms / tests
    pairs = list(zip(now.columns, before.columns, strict=True))
    moved = [_balance(now.counts, before.counts, tolerance.balance, level)]
    for at, (column, old) in enumerate(pairs):
        moved.append(_distance(data.values[:, at].astype(np.float64), old, before.rows, tolerance.distance, level))
        moved += _association(column, old, now, before, tolerance.association, level)
    columns = {column.name: (column, old) for column, old in pairs}
    findings = [*_rows(now, before, tolerance)]
    findings += [_finding(one, columns.get(one.where), tolerance) for one in moved if one.stops]
    return tuple(moved), tuple(findings)


def _rows(now: Summary, before: Summary, tolerance: Tolerance) -> Iterator[Finding]:
    low, high = tolerance.fewest * before.rows, tolerance.most * before.rows
    if not low <= now.rows <= high:
        text = f"{now.rows} rows, {before.rows} in {before.data}; allowed: {math.ceil(low)} to {math.floor(high)}"
        yield Finding(name="row-count", severity="stop", text=text)


def _balance(now: Sequence[int], before: Sequence[int], limit: float, level: float) -> Moved:
    """The chi-square test of homogeneity; a class that neither data set has does not count."""
    counts = np.array([pair for pair in zip(now, before, strict=True) if any(pair)], dtype=np.float64)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    probability = chi_square_tail(float(((counts - expected) ** 2 / expected).sum()), max(1, len(counts) - 1))
    shares = counts / counts.sum(axis=0)
    distance = float(np.abs(shares[:, 0] - shares[:, 1]).sum() / 2)
    return _moved("class-balance", "", distance, probability, limit, level)


def _distance(cells: Floats, old: Column, rows: int, limit: float, level: float) -> Moved:
    """Kolmogorov-Smirnov at the values kept of the old data: never larger than over all values, so never too strict."""
    below, up_to = distribution(cells, np.array(old.values))
    distance = float(max(np.abs(below - old.below).max(), np.abs(up_to - old.up_to).max()))
    return _moved("shifted", old.name, distance, kolmogorov_tail(distance, len(cells), rows), limit, level)


def _association(
    now: Column, old: Column, here: Summary, there: Summary, limit: float, level: float
) -> Iterator[Moved]:
    first = len(here.classes) - len(now.auc)  # 1 for two classes, where one area says it all
    for label, (mine, theirs) in enumerate(zip(now.auc, old.auc, strict=True), first):
        variance = _variance(mine, here.counts[label], here.rows) + _variance(theirs, there.counts[label], there.rows)
        distance = abs(mine - theirs)
        yield _moved("association", now.name, distance, normal_tail(distance / math.sqrt(variance)), limit, level)


def _variance(auc: float, count: int, rows: int) -> float:
    """Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747; never 0, as half a pair may be wrong."""
    pairs = max(1, count) * max(1, rows - count)
    area = min(max(auc, 0.5 / pairs), 1 - 0.5 / pairs)
    one, other = area / (2 - area), 2 * area * area / (1 + area)
    spread = (count - 1) * (one - area * area) + (rows - count - 1) * (other - area * area)
    return (area * (1 - area) + spread) / pairs


def _moved(what: str, where: str, distance: float, probability: float, limit: float, level: float) -> Moved:
    stops = distance > limit and probability < level
    return Moved(what=what, where=where, distance=distance, probability=probability, stops=stops)


def _finding(moved: Moved, columns: tuple[Column, Column] | None, tolerance: Tolerance) -> Finding:
    limit = {"class-balance": tolerance.balance, "shifted": tolerance.distance}.get(moved.what, tolerance.association)
    text = f"moved by {moved.distance:.3f} (by chance: {moved.probability:.1g}), allowed: {limit:g}"
    if columns and moved.what == "shifted":
        now, old = columns
        text += f"; median {old.median:.4g} to {now.median:.4g}, mean {old.mean:.4g} to {now.mean:.4g}"
    return Finding(name=moved.what, severity="stop", text=text, where=moved.where)
