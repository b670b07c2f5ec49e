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


def test_what_takes_less_than_its_limit_is_fine_and_its_numbers_are_kept() -> None:
    verdict = Verdict("a", "t")
    assert verdict.within("this", 59.6, 60)
    assert not verdict.within("that", 60, 60)
    assert [(fact.text, fact.fine) for fact in verdict.facts] == [
        ("this 60 s, limit 60 s", True),
        ("that 60 s, limit 60 s", False),
    ]
    assert [(one.what, one.seconds, one.limit) for one in verdict.timed] == [("this", 59.6, 60), ("that", 60, 60)]
