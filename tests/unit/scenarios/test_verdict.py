"""A scenario's verdict is what was read, and nothing read is nothing proven."""

from __future__ import annotations

from scenarios.verdict import Verdict


def test_without_a_fact_nothing_is_fine() -> None:
    assert not Verdict("a", "t").fine


def test_every_fact_has_to_be_fine_and_a_note_says_whether_it_is() -> None:
    verdict = Verdict("a", "t")
    assert verdict.note("one", fine=True)
    assert verdict.fine
    assert not verdict.note("two", fine=False)
    assert not verdict.note("three", fine=False)
    assert not verdict.fine
    assert [fact.text for fact in verdict.facts] == ["one", "two", "three"]
