"""The proof as a table, for a terminal and for docs/policy-proof.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from policies.proof.equivalents import EQUIVALENTS, MOST
from policies.proof.operators import OPERATORS
from policies.proof.trial import Proof, Verdict

HEADINGS = ("operator", "generated", "invalid", "equivalent", "killed", "survived", "held out", "of them survived")


def rows(proof: Proof) -> list[tuple[str, ...]]:
    """One row per operator that made a mutant, in the operators' order, and the sum."""
    made = [(name, [each for each in proof.verdicts if each.mutant.operator == name]) for name in OPERATORS]
    return [*(_row(name, found, proof.seed) for name, found in made if found), _row("all", proof.verdicts, proof.seed)]


def plain(proof: Proof) -> str:
    """The table with its verdict for a terminal: survivors with the controls that should have seen them."""
    table = [HEADINGS, *rows(proof)]
    widths = [max(len(row[at]) for row in table) for at in range(len(HEADINGS))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in table]
    lines += ["", *(f"survived: {_survivor(each)}" for each in proof.of("survived"))]
    lines += [f"false positive: {each}" for each in proof.false]
    lines += [f"a rule sees it, so it is not equivalent: {each}" for each in proof.seen]
    lines += [f"no mutant here is as this equivalent: {each}" for each in proof.idle]
    return "\n".join([*lines, verdict(proof)])


def verdict(proof: Proof) -> str:
    """The proof in one line."""
    valid = len(proof.verdicts) - len(proof.of("invalid"))
    share = f"{len(proof.of('equivalent'))} equivalent ({proof.share:.1%}, at most {MOST:.0%})"
    return (
        f"{'holds' if proof.holds else 'FAILS'}: {proof.rules} rules, {valid} mutants that pulumi-aws accepts, "
        f"{len(proof.of('killed'))} killed, {len(proof.of('survived'))} survived, {share}, "
        f"{len(proof.false)} false positives"
    )


def markdown(proof: Proof, of: str) -> str:
    """The table and the equivalents, as docs/policy-proof.md holds them; `of` says what was proved, when and where."""
    table = [HEADINGS, ("---", *("---:" for _ in HEADINGS[1:])), *rows(proof)]
    lines = [of, "", *(f"| {' | '.join(row)} |" for row in table), "", f"{verdict(proof)}.", ""]
    lines += ["### Equivalent mutants", ""]
    ids = [each.mutant.id for each in proof.of("equivalent")]
    counts = {pattern: sum(fnmatchcase(each, pattern) for each in ids) for pattern in EQUIVALENTS}
    lines += ["| mutants | number | reason |", "| --- | ---: | --- |"] if counts else ["None."]
    lines += [f"| `{pattern}` | {counts[pattern]} | {why} |" for pattern, why in EQUIVALENTS.items()]
    return "\n".join(lines)


def data(proof: Proof) -> dict[str, Any]:
    """Everything, for a machine."""
    return {
        "holds": proof.holds,
        "seed": proof.seed,
        "table": [dict(zip(HEADINGS, row, strict=True)) for row in rows(proof)],
        "false positives": list(proof.false),
        "equivalents that a rule sees": list(proof.seen),
        "mutants": [
            {
                "id": each.mutant.id,
                "urn": each.mutant.urn,
                "path": each.mutant.path,
                "controls": list(each.mutant.controls),
                "outcome": each.outcome,
                "by": list(each.by),
                "said": each.said,
                "held out": each.mutant.held_out(proof.seed),
            }
            for each in proof.verdicts
        ],
    }


def _row(name: str, found: Sequence[Verdict], seed: int) -> tuple[str, ...]:
    held = [each for each in found if each.mutant.held_out(seed)]
    numbers = [len(found), *(_count(found, kind) for kind in ("invalid", "equivalent", "killed", "survived"))]
    return (name, *map(str, [*numbers, len(held), _count(held, "survived")]))


def _count(found: Iterable[Verdict], outcome: str) -> int:
    return sum(1 for each in found if each.outcome == outcome)


def _survivor(verdict: Verdict) -> str:
    wanted = " or ".join(verdict.mutant.controls) or "a control that properties.json does not name yet"
    return f"{verdict.mutant.id}; should have been seen by {wanted}"
