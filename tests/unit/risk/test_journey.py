"""The synthetic risk model through every command of its container, from the first data set to a refused candidate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_code.drift.profile import Profile
from model_code.gates.holdout import RULE
from model_code.risk.data import rows
from model_code.world.knobs import Knobs, LabelDelay, Unfairness
from model_code.world.world import World
from tests.unit.risk.journey import Run

KNOBS = Knobs(traffic=200, customers=5_000)


@pytest.fixture(scope="module")
def data() -> str:
    return rows(World(7, KNOBS), range(31), known_by=61)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, data: str) -> Run:
    """The first run, which every other one is measured by."""
    run = Run(tmp_path_factory.mktemp("first") / "run", data)
    assert run.whole() == [0] * 6
    return run


def test_the_first_version_is_approved_and_its_verdict_says_what_it_is(first: Run) -> None:
    verdict = first.read("decide/verdict.json")
    assert verdict.keys() == {"outcome", "reasons", "version", "algorithm", "metrics"}
    assert (verdict["outcome"], verdict["reasons"]) == ("approve", [])
    assert verdict["version"] == first.read("evaluate/report-evaluate.json")["identity"]["model"]
    assert verdict["algorithm"] == "logistic-regression"
    assert verdict["metrics"]["roc_auc"] > 0.75
    assert {finding["name"] for finding in first.read("compare/report-compare.json")["findings"]} == {"first"}
    assert {gap["group"] for gap in first.read("bias/report-bias.json")["gaps"]} == {"B"}


def test_training_and_gates_hold_out_the_same_rows_by_their_ids(first: Run, data: str) -> None:
    metadata = json.loads((first.root / "job/model/metadata.json").read_bytes())
    assert metadata["split"] == f"{RULE} by id"
    assert metadata["rows"]["held_out"] == first.read("evaluate/report-evaluate.json")["rows"]
    assert sum(metadata["rows"].values()) == len(data.splitlines()) - 1
    for gate in ("evaluate", "bias", "compare"):
        findings = first.read(f"{gate}/report-{gate}.json")["findings"]
        assert not [finding for finding in findings if finding["name"] == "split-unknown"]
    figures = first.read("evaluate/report-evaluate.json")["metrics"]
    for name in ("accuracy", "log_loss"):
        assert figures[name]["value"] == pytest.approx(metadata["metrics"][name], abs=1e-5)


def test_the_baseline_of_a_monitor_is_the_rows_that_were_trained_on(first: Run) -> None:
    profile = Profile.from_json((first.root / "output/data/profile.json").read_text())
    metadata = json.loads((first.root / "job/model/metadata.json").read_bytes())
    assert profile.rows == metadata["rows"]["training"]
    assert list(profile.sketches) == [*metadata["features"], "outcome"]
    assert profile.outputs == {"outcome"}


def test_a_second_run_on_newer_rows_is_compared_with_the_first_and_approved(first: Run, tmp_path: Path) -> None:
    run = Run(tmp_path / "run", rows(World(7, KNOBS), range(5, 40), known_by=80), live=first)
    assert run.whole() == [0] * 6
    report = run.read("compare/report-compare.json")
    assert report["outcome"] in ("no worse", "better")
    assert report["identity"]["live"] == first.read("decide/verdict.json")["version"]
    assert run.read("data/report-data.json")["before"] == "v1"
    assert run.read("decide/verdict.json")["outcome"] == "approve"


def test_a_corrupted_data_set_stops_at_the_first_gate_with_its_reasons(first: Run, tmp_path: Path, data: str) -> None:
    header, *lines = data.splitlines()
    broken = [line.replace("web", "fax") if at % 9 == 0 else line for at, line in enumerate(lines)]
    run = Run(tmp_path / "run", "\n".join([header, *broken]), live=first)
    assert run.whole() == [1]
    assert "data: unknown-category (channel)" in run.message.read_text()
    assert not list((run.root / "output").rglob("summary.json"))
    assert not list((run.root / "output").rglob("profile.json"))


def test_shuffled_labels_stop_at_the_first_gate_too(first: Run, tmp_path: Path, data: str) -> None:
    header, *lines = data.splitlines()
    cells = [line.split(",") for line in lines]
    at = header.split(",").index("outcome")
    for mine, other in zip(cells, [cell[at] for cell in cells[1:]] + [cells[0][at]], strict=True):
        mine[at] = other
    run = Run(tmp_path / "run", "\n".join([header, *(",".join(cell) for cell in cells)]), live=first)
    assert run.whole() == [1]
    assert "association" in run.message.read_text()


def test_a_worse_candidate_stops_at_the_comparison(first: Run, tmp_path: Path, data: str) -> None:
    run = Run(tmp_path / "run", data, live=first, criteria={})
    assert run.whole(algorithm="gradient-boosting", trees=1, depth=1) == [0, 0, 0, 0, 1]
    assert "compare: worse (roc_auc)" in run.message.read_text()
    assert run.gate("decide") == 0, "the pipeline's condition reads the verdict"
    assert run.read("decide/verdict.json")["outcome"] == "refuse"


def test_labels_that_wrong_a_group_are_seen_by_the_fairness_gate(tmp_path: Path) -> None:
    wronged = World(7, Knobs(traffic=200, customers=5_000, proxy=1.5, unfairness=Unfairness(labels=0.6)))
    limits = {"selection_rate": {"ratio": 0.8}}
    run = Run(tmp_path / "run", rows(wronged, range(31), known_by=61), criteria={}, limits=limits)
    assert run.whole() == [0, 0, 0, 1]
    assert "bias: unfair (group=B)" in run.message.read_text()


def test_manual_approval_asks_a_person_although_all_gates_passed(tmp_path: Path, data: str) -> None:
    run = Run(tmp_path / "run", data, approval="manual")
    assert run.whole() == [0] * 6
    verdict = run.read("decide/verdict.json")
    assert verdict["outcome"] == "ask"
    assert verdict["reasons"] == ["approval: manual, as the model's stack entry says"]


def test_a_live_version_without_known_data_asks_a_person(first: Run, tmp_path: Path, data: str) -> None:
    run = Run(tmp_path / "run", data, live=first)
    (run.inputs / "baseline/summary.json").rename(run.inputs / "baseline/absent")
    assert run.whole() == [0] * 6
    assert run.read("decide/verdict.json")["outcome"] == "ask"
    assert run.read("decide/verdict.json")["reasons"][0].startswith("data: no-baseline")


@pytest.mark.parametrize(
    ("first_said", "there", "said"),
    [(False, "absent", "do not say that nothing is live"), (True, "model.tar.gz", "say that nothing is live")],
)
def test_a_comparison_is_never_left_out_by_mistake(
    first: Run, tmp_path: Path, data: str, first_said: bool, there: str, said: str
) -> None:
    run = Run(tmp_path / "run", data, live=first, **{"first": first_said})
    if there == "absent":
        (run.inputs / "live/model.tar.gz").rename(run.inputs / "live/absent")
    assert run.train() == 0
    assert run.gate("compare") == 2
    assert said in run.message.read_text()


def test_without_groups_the_fairness_gate_notes_that_and_passes(first: Run, tmp_path: Path, data: str) -> None:
    run = Run(tmp_path / "run", data, live=first, groups=[], favoured=None, limits={})
    assert run.whole() == [0] * 6
    assert [one["name"] for one in run.read("bias/report-bias.json")["findings"]] == ["no-groups"]


def test_only_outcomes_that_are_known_by_the_day_are_rows(data: str) -> None:
    slow = World(7, Knobs(traffic=200, customers=5_000, delay=LabelDelay(minimum=20, mean=25, longest=60)))
    assert len(rows(slow, range(31), known_by=19).splitlines()) == 1
    ten = len(rows(slow, range(31), known_by=30).splitlines())
    assert 1 < ten < len(rows(slow, range(31), known_by=40).splitlines()) < len(data.splitlines())
