"""The page of a loop: each scenario's facts and changes, how traffic moved, and nothing that is taken for markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from scenarios.chart import page
from scenarios.timeline import Entry
from scenarios.verdict import Verdict


def verdict(letter: str, *facts: tuple[str, bool]) -> Verdict:
    made = Verdict(letter, f"what {letter} is", seconds=12.0)
    for text, fine in facts:
        made.note(text, fine=fine)
    return made


def lines(made: str) -> list[list[tuple[float, float]]]:
    """The points of every line that is drawn, in pixels."""
    found = re.findall(r'polyline points="([^"]+)"', made)
    return [[(float(x), float(y)) for x, y in (point.split(",") for point in line.split())] for line in found]


def drawn(samples: Sequence[Any]) -> str:
    return page("t", [verdict("a", ("fine", True))], [], samples, [10.0])


def test_whatever_the_account_says_is_text() -> None:
    wrong = "<script>alert('1')</script>"
    made = page(wrong, [verdict("a", (wrong, False))], [Entry(at=1, scenario="a", what=wrong, now=wrong)], [], [2.0])
    assert "<script" not in made
    assert made.count("&lt;script&gt;") == 5


def test_a_fact_says_whether_it_is_what_was_wanted_and_the_heading_counts_scenarios() -> None:
    made = page(
        "loop", [verdict("a", ("good", True)), verdict("b", ("good", True), ("bad", False))], [], [], [1.0, 2.0]
    )
    assert '<li class="fine">good</li><li class="not">bad</li>' in made
    assert "loop: 1 of 2 scenarios" in made
    assert '<span class="fine">a</span>' in made
    assert '<span class="not">b</span>' in made


def test_each_scenario_has_its_own_changes_at_the_time_since_it_began() -> None:
    entries = [Entry(at=3.0, scenario="a", what="one", now="x"), Entry(at=7.5, scenario="b", what="two", now="y")]
    made = page("t", [verdict("a"), verdict("b")], entries, [], [5.0, 9.0])
    first, second = made.split("<h2>")[1:]
    assert "<td>3.0 s</td><td>one</td>" in first
    assert "two" not in first
    assert "<td>2.5 s</td><td>two</td>" in second


def test_the_share_of_traffic_is_drawn_from_the_bottom_up_over_the_scenarios_time() -> None:
    main, candidate = lines(drawn([(0.0, {"main": 100.0, "candidate": 0.0}), (5.0, {"main": 60.0, "candidate": 20.0})]))
    assert main == [(0, 0), (500, 30)]  # 60 of 80 is three quarters
    assert candidate == [(0, 120), (500, 90)]


def test_the_live_variant_is_named_first() -> None:
    made = drawn([(0.0, {"candidate": 1.0, "main": 1.0}), (1.0, {"candidate": 1.0, "main": 1.0})])
    assert made.index(">main</span>") < made.index(">candidate</span>")


def test_without_a_second_variant_or_a_second_sample_there_is_nothing_to_draw() -> None:
    assert lines(drawn([(0.0, {"main": 100.0}), (1.0, {"main": 100.0})])) == []
    assert lines(drawn([(0.0, {"main": 80.0, "candidate": 20.0})])) == []


def test_a_moment_without_any_weight_is_no_division_by_nothing() -> None:
    for line in lines(drawn([(0.0, {"main": 0.0, "candidate": 0.0}), (1.0, {"main": 1.0, "candidate": 0.0})])):
        assert line[0] == (0, 120)
