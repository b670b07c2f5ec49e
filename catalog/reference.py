"""The text of docs/cost.md: what shipped stacks cost, what that rests on, and what nobody could price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from catalog.free import FREE
from catalog.meter import PLATFORM
from catalog.prices import Price, every_price, sources
from catalog.statement import Statement
from catalog.usage import COUNTERS, Assumptions

DOCUMENT = Path(__file__).resolve().parent.parent / "docs/cost.md"
_HEAD = """# Cost

Generated from catalog/ and the shipped stacks (`python -m tests.unit.catalog.cost_document`); a test compares.

A month has 730 hours. Prices are AWS's list prices without discounts, free tiers and taxes; the first tier that costs
something counts. Each has a source and two dates: what the source says it is as of, and when it was read there.
`takeoff catalog refresh` replaces them with the answers of the Price List API from an account of yours. What has no
price is named, by model, and left out of every sum: a sum beside such a name is a least sum.

A resource's cost is that of the model in its tag `takeoff:model` and of the owner in `takeoff:owner`; without tags, or
with `platform` for a model, it is the platform's, which all models share. Dashboards and schedules take no tags, so
they are the platform's, here as in a bill that is split by tag. A pool is where instances run: a variant of an
endpoint, the jobs of a type, or what `takeoff:pool` names. An endpoint counts with autoscaling's minimum; what it needs
beyond that, nobody can know.

A model's `usage` in the stack file says what it is asked for: `requestsPerMonth` × (`requestKb` + `answerKb`) is its
endpoint's traffic; the captured share of it is stored for as long as the bucket's rules keep it; `batchHours` are the
hours of its transform jobs. A model with `training` runs its pipeline `retrainings` times, one with `monitor` a job for
each of its windows; each job of either takes `job_hours`.
"""


def document(stacks: Mapping[str, Statement]) -> str:
    """The whole page, from the statement of each shipped stack."""
    parts = [
        _HEAD,
        _stacks(stacks),
        *(_stack(name, found) for name, found in stacks.items()),
        _unpriced(stacks),
        _assumed(),
        _prices(every_price()),
        _sources(),
        _counted(),
        _free(),
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _stacks(stacks: Mapping[str, Statement]) -> str:
    rows = [
        [name, _usd(found.total, bool(found.unpriced)), found.region, found.read or "no price is known"]
        for name, found in stacks.items()
    ]
    return "## Shipped stacks\n\n" + table(["stack", "USD a month", "region", "oldest price read"], rows)


def _stack(name: str, found: Statement) -> str:
    owners = {item.model: item.owner for item in found.items if item.owner and item.model != PLATFORM}
    by_model = [
        [model, owners.get(model, ""), _usd(usd, model in found.unpriced), ", ".join(found.unpriced.get(model, ()))]
        for model, usd in found.by("model").items()
    ]
    partly = {item.pool for item in found.items if item.usd is None}
    pools = [[pool or "(no instances)", _usd(usd, pool in partly)] for pool, usd in found.by("pool").items()]
    return (
        f"### {name}\n\n"
        + table(["model", "owner", "USD a month", "not priced"], by_model)
        + "\n"
        + table(["pool", "USD a month"], pools)
    )


def _unpriced(stacks: Mapping[str, Statement]) -> str:
    where: dict[str, list[str]] = {}
    for name, found in stacks.items():
        for model, names in found.unpriced.items():
            for each in names:
                where.setdefault(each, []).append(f"{name} ({model})")
    rows = [[f"`{each}`", ", ".join(where[each])] for each in sorted(where)]
    text = table(["what", "in"], rows) if rows else "Nothing that a shipped stack declares is without a price.\n"
    return "## Not priced in shipped stacks\n\n" + text


def _assumed() -> str:
    rows = [[f"`{each.name}`", f"{each.default:g}"] for each in fields(Assumptions)]
    intro = "For each resource of its kind and month, where the stack file's `usage` says nothing else.\n\n"
    return "## What is assumed\n\n" + intro + table(["assumption", "value"], rows)


def _prices(prices: Iterable[tuple[str, Price]]) -> str:
    rows = [
        [region, f"`{one.dimension}`", f"{one.usd:.10g}", one.unit, one.source, one.as_of, one.read]
        for region, one in prices
    ]
    return "## Prices\n\n" + table(["region", "dimension", "USD", "for one", "source", "as of", "read"], rows)


def _sources() -> str:
    return "## Sources\n\n" + table(["source", "what it is"], [[name, what] for name, what in sources().items()])


def _counted() -> str:
    return (
        "## Types that are counted\n\n"
        f"{', '.join(f'`{token}`' for token in sorted(COUNTERS))}. Every other type of AWS's that is not below has no "
        f"price and is named, in the name of its model or `{PLATFORM}`.\n"
    )


def _free() -> str:
    rows = [[f"`{token}`", reason] for token, reason in sorted(FREE.items())]
    return "## Types without a charge of their own\n\n" + table(["type", "why"], rows)


def _usd(usd: float, least: bool) -> str:
    return f"{'at least ' if least else ''}{usd:,.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a cell's bar is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
