"""docs/cost.md says what the catalog and the shipped stacks say today."""

from __future__ import annotations

import json

import pytest

from catalog.free import FREE
from catalog.prices import every_price, sources
from catalog.reference import DOCUMENT, document, table
from catalog.refresh import PRICES
from catalog.statement import Item, Statement
from tests.stacks import shipped
from tests.unit.catalog.cost_document import shipped_statement, written


def test_the_page_is_as_it_is_written() -> None:
    assert DOCUMENT.read_text() == written(), "run: python -m tests.unit.catalog.cost_document"


def test_every_price_is_in_the_page_with_its_source_and_dates() -> None:
    text, known = written(), json.loads(PRICES.read_text())["regions"]
    assert len(every_price()) == sum(len(cells) for cells in known.values())
    for region, one in every_price():
        assert (
            f"| {region} | `{one.dimension}` | {one.usd:.10g} | {one.unit} | {one.source} | {one.as_of} | {one.read} |"
            in text
        )
    for name in sources():
        assert f"\n| {name} | " in text


def test_every_free_type_has_its_reason_in_the_page() -> None:
    assert all(f"| `{token}` | {reason} |" in written() for token, reason in FREE.items())


@pytest.mark.parametrize("stack", shipped.STACKS)
def test_every_model_of_a_shipped_stack_has_its_own_line(stack: str) -> None:
    found = shipped_statement(stack)
    assert set(found.by("model")) == {*shipped.models(stack), "platform"}
    assert (
        sum(found.by("model").values()) == pytest.approx(sum(found.by("pool").values())) == pytest.approx(found.total)
    )


def test_what_has_no_price_is_named_with_the_stack_and_the_model_that_declare_it() -> None:
    item = Item(model="m", owner="o", pool="p", dimension="hosting:x", quantity=1, usd=None, unit="instance-hour")
    found = Statement(items=(item,), unpriced={"m": ["hosting:x"]}, region="us-east-1", read="")
    text = document({"one": found})
    assert "| `hosting:x` | one (m) |" in text
    assert "| one | at least 0.00 | us-east-1 | no price is known |" in text
    assert "| m | o | at least 0.00 | hosting:x |" in text
    assert "| p | at least 0.00 |" in text


def test_a_table_escapes_what_would_end_a_cell() -> None:
    assert table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |\n"
