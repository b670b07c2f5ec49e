"""docs/limits.md says what the table says."""

from __future__ import annotations

from local.providers.aws.limits import DOCUMENT, inserted, render
from local.providers.aws.replacement import DISAGREEMENTS
from local.providers.aws.table import TABLE


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert inserted(text) == text, "run: python -m local.providers.aws.limits --write"
    assert render() in text


def test_every_disagreement_and_every_record_is_named() -> None:
    text = render()
    recorded = {row.type for row in TABLE.values() if row.served_by == "record"}
    assert {token for token in {*TABLE} if f"`{token}`" in text} == {*DISAGREEMENTS, *recorded}
    assert all(
        f"`{name}`" in text and reason in text for found in DISAGREEMENTS.values() for name, reason in found.items()
    )


def test_an_old_block_is_replaced_and_the_rest_is_left() -> None:
    old = "before\n<!-- generated: force-new -->\nold\n<!-- end -->\nafter\n"
    new = inserted(old)
    assert "old" not in new
    assert new.startswith("before\n<!-- generated: force-new -->\n## ")
    assert new.endswith("\n<!-- end -->\nafter\n")
