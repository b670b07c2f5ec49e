"""What a month costs, as sections: by model where everybody sees it, by owner and pool below."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.spending import Overrun
from catalog.statement import Key
from takeoff.preview.document import Line, Section, Table, Tone
from takeoff.preview.money import Costs, undecided


def section(costs: Costs) -> Section:
    """The change, a table by model, and what is wrong or left out of it."""
    summary = f"USD {costs.difference.usd:+,.0f} a month (USD {costs.before:,.0f} → {costs.after:,.0f})"
    broken = any(not undecided(overrun) for overrun in costs.overruns)
    tone: Tone = "bad" if broken else "warn" if costs.after_unpriced else "plain"
    lines = (*_overruns(costs), *_pilots(costs), *_unpriced(costs), *_assumed(costs))
    return Section(title="Cost", summary=summary, lines=lines, tables=(_table(costs, "model"),), tone=tone)


def split(costs: Costs) -> Section:
    """The same by owner and by pool of instances."""
    tables = (_table(costs, "owner"), _table(costs, "pool"))
    return Section(title="Cost by owner and pool", summary="USD a month", tables=tables, folded=True)


def _table(costs: Costs, key: Key) -> Table:
    before, after = costs.difference.before.by(key), costs.difference.after.by(key)
    names = list(dict.fromkeys([*after, *before]))
    most = max([*before.values(), *after.values()], default=0.0)
    nobody = {"owner": "nobody's", "pool": "without instances"}.get(key, "")
    rows = [(name or nobody, before.get(name, 0.0), after.get(name, 0.0)) for name in names]
    return Table(
        headings=(key, "before", "after", "change"),
        rows=tuple((name, f"{old:,.2f}", f"{new:,.2f}", f"{new - old:+,.2f}") for name, old, new in rows),
        bars=tuple(new / most if most else 0.0 for _, _, new in rows),
    )


def _overruns(costs: Costs) -> Iterator[Line]:
    for overrun in costs.overruns:
        if undecided(overrun):
            yield Line(text=f"budget: {_later(overrun)}", mark="?", tone="warn")
        else:
            yield Line(text=f"budget: {overrun}", mark="✗", tone="bad")


def _later(overrun: Overrun) -> str:
    spent = f"at least USD {overrun.got:,.2f} of {overrun.allowed:,.2f} a month"
    return f"{overrun.what}: {spent}; judged again when all that it uses is known"


def _pilots(costs: Costs) -> Iterator[Line]:
    for text, inside in costs.pilots:
        yield Line(text=text, mark="·" if inside else "!", tone="plain" if inside else "warn")


def _unpriced(costs: Costs) -> Iterator[Line]:
    for model, names in costs.after_unpriced.items():
        yield Line(text=f"without a price, and in no sum: {model}: {', '.join(names)}", mark="!", tone="warn")


def _assumed(costs: Costs) -> Iterator[Line]:
    read = costs.difference.after.read
    told = "; ".join(
        f"{model}: " + ", ".join(f"{key} {value:,}" for key, value in usage.items() if isinstance(value, int | float))
        for model, usage in costs.assumed.items()
    )
    day = f", the oldest read {read}" if read else ""
    yield Line(
        text=f"list prices of {costs.difference.after.region or 'no region'}{day}; traffic {told or 'as assumed'}",
        mark="·",
    )
