"""Figures, their verdicts, and the README's block."""

from __future__ import annotations

import platform

import pytest

from benchmarks import results
from benchmarks.figure import Figure


def test_the_readme_quotes_the_last_results() -> None:
    text = results.README.read_text()
    assert results.fresh(text) == text, "run `python -m benchmarks --render`"


@pytest.mark.parametrize(("values", "verdict"), [([1, 2, 30], "met"), ([1, 30, 30], "missed"), ([10], "missed")])
def test_a_goal_is_for_the_median(values: list[float], verdict: str) -> None:
    figure = Figure(name="up", unit="s", values=values, goal=10).document()
    assert figure["verdict"] == verdict


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
