"""How differently groups are treated live, in blocks of windows that are long enough to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from model_code.gates.bias import MEASURES, Gap, Grouping, Limit
from model_code.gates.inference import difference, proportion, ratio
from model_code.monitor.finding import Line, line

LEAST = 100
"""Rows of every group, by every measure that has a limit, at which a block is judged."""
_WINDOWS = 30  # a block is not longer; what has too few rows by then is said to have too few

Key = tuple[str, str, str]
"""Column, group, measure."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """(selected, rows) of each group by each measure, over so many windows."""

    counts: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    windows: int = 0

    def add(self, more: Mapping[Key, tuple[int, int]]) -> Block:
        """The block with one more window."""
        keys = {*self.counts, *more}
        both = {key: [self.counts.get(key, (0, 0)), more.get(key, (0, 0))] for key in sorted(keys)}
        counts = {key: (one[0] + other[0], one[1] + other[1]) for key, (one, other) in both.items()}
        return Block(counts=counts, windows=self.windows + 1)

    def document(self) -> dict[str, Any]:
        """The block as JSON holds it."""
        return {"counts": [[*key, *count] for key, count in self.counts.items()], "windows": self.windows}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The block that `document` wrote."""
        counts = {(str(a), str(b), str(c)): (int(d), int(e)) for a, b, c, d, e in document["counts"]}
        return cls(counts=counts, windows=int(document["windows"]))


def counted(
    grouping: Grouping,
    cells: Sequence[str],
    selected: Sequence[bool],
    positive: Sequence[bool | None],
    fresh: Sequence[bool],
) -> dict[Key, tuple[int, int]]:
    """The counts of some rows. `positive` says whether the truth is the favoured class, None where it is not known;
    `fresh` whether a row's selection is still to be counted, which is done once and not again when its outcome comes.
    Raises DataError for a cell that is no number where the grouping has edges.
    """
    rows, hits = Counter[Key](), Counter[Key]()
    for group, chosen, true, new in zip(grouping.groups(cells), selected, positive, fresh, strict=True):
        measures = ["selection_rate"] if new else []
        if true is not None:
            measures.append("true_positive_rate" if true else "false_positive_rate")
        for measure in measures:
            key = grouping.column, group, measure
            rows[key] += 1
            hits[key] += chosen
    return {key: (hits[key], count) for key, count in rows.items()}


def judge(
    block: Block, groups: Sequence[Grouping], limits: Mapping[str, Limit], alpha: float
) -> tuple[Block, list[dict[str, Any]], list[Line]]:
    """The block that goes on (a new one once this is judged), the gaps between groups, and what they say.

    A block ends by its numbers of rows, never by what was answered in them, so each is a sample of its own, and with
    chance `alpha` at most one is called unfair whose gaps are all within their limits (Bonferroni).
    """
    few = _few(block, groups, limits)
    if not block.counts or (few and block.windows < _WINDOWS):
        return block, [], []
    pairs = [(key, _reference(block, grouping)) for grouping in groups for key in block.counts if _is(key, grouping)]
    pairs = [
        (key, reference)
        for key, reference in pairs
        if key[1] != reference
        and min(block.counts[key][1], block.counts.get((key[0], reference, key[2]), (0, 0))[1]) >= LEAST
    ]
    judged = max(1, sum(key[2] in limits for key, _ in pairs))
    gaps = [_gap(block, key, reference, 1 - alpha / judged) for key, reference in pairs]
    text = f"fewer than {LEAST} rows in {block.windows} windows"
    found = [line("bias", "not-enough-rows", "note", text, where) for where in few]
    for gap in gaps:
        if gap.measure in limits:
            found += _beyond(gap, limits[gap.measure])
    return Block(), [asdict(gap) for gap in gaps], found


def _is(key: Key, grouping: Grouping) -> bool:
    return key[0] == grouping.column


def _reference(block: Block, grouping: Grouping) -> str:
    """The declared group, else the largest."""
    sizes = {key[1]: rows for key, (_, rows) in block.counts.items() if _is(key, grouping) and key[2] == MEASURES[0]}
    return grouping.reference or max(sorted(sizes), key=lambda name: sizes[name], default="")


def _few(block: Block, groups: Sequence[Grouping], limits: Mapping[str, Limit]) -> list[str]:
    wanted = [
        (grouping.column, group, measure)
        for grouping in groups
        for group in sorted({key[1] for key in block.counts if _is(key, grouping)})
        for measure in limits
    ]
    return [f"{key[0]}={key[1]}, {key[2]}" for key in wanted if block.counts.get(key, (0, 0))[1] < LEAST]


def _gap(block: Block, key: Key, reference: str, level: float) -> Gap:
    column, group, measure = key
    mine, theirs = block.counts[key], block.counts[column, reference, measure]
    rate, other = proportion(*mine, level), proportion(*theirs, level)
    return Gap(
        column=column,
        group=group,
        reference=reference,
        measure=measure,
        rate=rate,
        reference_rate=other,
        difference=difference(rate, other),
        ratio=ratio(mine, theirs, level),
    )


def _beyond(gap: Gap, limit: Limit) -> list[Line]:
    """An alarm where the whole interval is beyond a limit."""
    bounds = []
    if limit.difference is not None:
        bounds.append(("difference", gap.difference, -limit.difference, limit.difference))
    if limit.ratio is not None:
        bounds.append(("ratio", gap.ratio, limit.ratio, 1 / limit.ratio))
    return [
        line(
            "bias",
            "unfair",
            "drift",
            f"{kind} of {gap.measure} to {gap.reference} is {got.value:.3f} ({got.low:.3f} to {got.high:.3f}), "
            f"allowed: {low:g} to {high:g}",
            f"{gap.column}={gap.group}",
        )
        for kind, got, low, high in bounds
        if got.high < low or got.low > high
    ]
