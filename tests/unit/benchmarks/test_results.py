"""Figures, their verdicts, and the README's block."""

from __future__ import annotations

import platform

import pytest

from benchmarks import results
from benchmarks.figure import Figure, Sign, goal


def test_the_readme_quotes_the_last_results() -> None:
    text = results.README.read_text()
    assert results.fresh(text) == text, "run `python -m benchmarks --render`"


@pytest.mark.parametrize(("values", "verdict"), [([1, 2, 30], "met"), ([1, 30, 30], "missed"), ([10], "missed")])
def test_a_goal_is_for_the_median(values: list[float], verdict: str) -> None:
    figure = Figure(name="up", unit="s", values=values, goal=10).document()
    assert figure["verdict"] == verdict


@pytest.mark.parametrize(
    ("median", "sign", "verdict"),
    [
        (1.5000000000000004, "≤", "met"),  # a ratio's last digits
        (1.504, "≤", "missed"),  # shown as 1.5
        (9.999, "<", "missed"),  # shown as 10
        (20, "≥", "met"),
        (19.96, "≥", "missed"),  # shown as 20
        (18, "≥", "missed"),
    ],
)
def test_a_goal_may_be_met_at_most_or_at_least_and_nothing_is_rounded_into_it(
    median: float, sign: Sign, verdict: str
) -> None:
    wanted = {"≤": 1.5, "<": 10, "≥": 20}[sign]
    assert Figure(name="ratio", unit="x", values=[median], goal=wanted, sign=sign).document()["verdict"] == verdict


def test_a_goal_is_printed_with_its_sign_and_one_kept_without_a_sign_was_to_be_below() -> None:
    document = Figure(name="ratio", unit="x", values=[30], goal=20, sign="≥").document()
    assert goal(document) == "≥ 20 x"
    run = {**results.about(), "figures": [document]}
    assert "| ratio | 30 x | 30 x | 30 x | ≥ 20 x, met | 1 |" in results.block({"latest": run})
    del document["sign"]
    assert goal(document) == "< 20 x"
    assert goal({**document, "goal": None}) == ""


def test_a_figure_keeps_its_smallest_and_largest_run_in_three_digits() -> None:
    figure = Figure(name="size", unit="MB", values=[1388.6, 0.123456, 12.3456]).document()
    assert (figure["min"], figure["median"], figure["max"], figure["runs"]) == (0.123, 12.3, 1389, 3)
    assert (figure["goal"], figure["verdict"]) == (None, "")


def test_what_is_kept_names_neither_the_host_nor_a_folder() -> None:
    kept = str(results.document(results.about(), []))
    assert platform.node() not in kept
    assert str(results.REPOSITORY) not in kept


def test_a_readme_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="end figures"):
        results.fresh("# Title\n<!-- figures -->\n")
