"""Our drift job beside others: whose time counts, and what it is compared with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import drift_beside
from benchmarks.drift import FEATURES
from benchmarks.figure import Figure

TOOK = {"takeoff": [0.1, 0.2], "nannyml": [3.0, 5.0], "nannyml-one": [1.0, 1.0], "evidently": [100.0]}


def says(drifted: list[str]) -> list[str]:
    """A tool's command that names these columns and took 1.5 s."""
    return [sys.executable, "-c", f"print('{json.dumps({'seconds': 1.5, 'drifted': drifted})}')"]


def ratio(took: dict[str, list[float]], named: str) -> Figure:
    return next(one for one in drift_beside.figures(took, 1_000) if named in one.name)


def test_the_time_of_a_tool_counts_that_names_the_shifted_columns() -> None:
    assert drift_beside.seconds("it", says(["f3", "f7"])) == 1.5


@pytest.mark.parametrize("drifted", [[], ["f3"], ["f3", "f5", "f7"]])
def test_the_time_of_one_that_names_others_does_not(drifted: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"it calls .* drifted; the shifted columns are"):
        drift_beside.seconds("it", says(drifted))


def test_the_goal_is_against_the_faster_of_both_round_by_round() -> None:
    same = ratio(TOOK, "same measures, by ours")
    assert list(same.values) == pytest.approx([30, 25])
    assert same.document()["verdict"] == "met"
    slower = ratio({**TOOK, "nannyml": [1.9, 3.7]}, "same measures, by ours")
    assert slower.document()["verdict"] == "missed"
    assert list(ratio({**TOOK, "evidently": [2.5]}, "same measures, by ours").values) == pytest.approx([25])


def test_the_single_distance_is_shown_beside_it() -> None:
    assert list(ratio(TOOK, "one distance, by ours").values) == pytest.approx([10, 5])


def test_our_job_names_the_shifted_columns_in_what_the_others_get(tmp_path: Path) -> None:
    files = drift_beside.rows(tmp_path, 20_000)
    assert drift_beside.ours(*files)["drifted"] == ["f3", "f7"]
    assert np.load(files[1]).shape == (FEATURES, 20_000)
