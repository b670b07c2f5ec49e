"""What a window's report says, for windows whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.drift import WORLD, Columns, world
from model_code.contract import Feature
from model_code.drift.errors import DriftError
from model_code.drift.faults import Finding
from model_code.drift.hypotheses import ALL
from model_code.drift.judge import Report, judge
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

SETTINGS = DriftSettings()
BASELINE = Profile.of(WORLD, world(np.random.default_rng(0), 5_000), seed=5)


def report(columns: Any, baseline: Profile = BASELINE) -> Report:
    return judge(baseline, baseline.empty().add(columns), SETTINGS)


def rows(count: int = 1_000, seed: int = 1) -> Columns:
    return world(np.random.default_rng(seed), count)


def kinds(given: Report, level: str) -> set[tuple[str, str]]:
    return {(finding.kind, finding.feature) for finding in given.findings if finding.level == level}


def test_a_window_of_the_baselines_own_world_has_no_finding() -> None:
    calm = report(rows())
    assert calm.findings == ()
    assert not calm.alarmed
    assert not calm.faulty
    assert {one.test for one in calm.statistics} == {"distribution", "missing", "joint"}


def test_once_drift_is_certain_a_feature_with_less_evidence_is_named_as_well() -> None:
    """A short window is sure of the one and not of the other; alone, the other would be no drift at all."""
    both, alone = rows(120), rows(120)
    both["normal"] = both["normal"] + 1.0
    for window in (both, alone):
        window["heavy"] = window["heavy"] + 0.6
    certain = {feature for _, feature in kinds(report(both), "drift")}
    assert certain == {"normal", ALL}
    assert report(both).moved == ["normal", "heavy"]
    assert report(alone).moved == []


def test_few_features_without_a_part_in_a_drift_are_named() -> None:
    wrong = 0
    for seed in range(40):
        window = rows(200, seed)
        window["normal"] = window["normal"] + 1.0
        moved = report(window).moved
        assert moved[0] == "normal"
        wrong += len(moved) > 1
    assert wrong <= 5, "one in twenty is what is stated"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("normal", lambda x: x + 0.4),
        ("normal", lambda x: x * 1.5),
        ("heavy", lambda x: x + 0.8),
        ("count", lambda x: x + (np.arange(len(x)) % 3 == 0)),
        ("gaps", lambda x: x * 1.5),
        ("label", lambda x: np.where(np.arange(len(x)) % 5 == 0, 3, x)),
    ],
)
def test_a_moved_feature_is_named(name: str, change: Callable[[Any], Any]) -> None:
    window = rows()
    window[name] = change(window[name])
    moved = report(window)
    assert moved.alarmed
    assert ("drift", name) in kinds(moved, "drift")
    assert kinds(moved, "drift") <= {("drift", name), ("joint-drift", ALL)}


def test_a_dependence_that_turned_round_is_seen_by_the_joint_test_alone() -> None:
    def pair(seed: int, sign: float) -> Columns:
        random = np.random.default_rng(seed)
        first, noise = random.standard_normal((2, 3_000))
        return {"a": first, "b": sign * 0.7 * first + 0.7 * noise, "c": random.standard_normal(3_000)}

    baseline = Profile.of([Feature(name=name) for name in "abc"], pair(0, 1), seed=5)
    assert kinds(report(pair(1, -1), baseline), "drift") == {("joint-drift", ALL)}
    assert not report(pair(2, 1), baseline).alarmed


def test_a_shift_that_is_certain_and_tiny_is_a_note_and_no_alarm() -> None:
    random = np.random.default_rng(3)
    baseline = Profile.of([Feature(name="x")], {"x": random.standard_normal(150_000)}, seed=0)
    tiny = report({"x": random.standard_normal(150_000) + 0.03}, baseline)
    assert ("drift", "x") in kinds(tiny, "note")
    assert not tiny.alarmed
    assert "too small to matter" in tiny.findings[0].text
    assert report({"x": random.standard_normal(150_000) + 0.3}, baseline).alarmed


def test_more_missing_values_are_drift_and_as_many_as_ever_are_not() -> None:
    window = rows()
    window["gaps"][::8] = np.nan
    window["normal"][::8] = np.nan
    assert kinds(report(window), "drift") - {("joint-drift", ALL)} == {("missing", "gaps"), ("missing", "normal")}


def test_new_labels_are_noted_when_one_came_and_drift_when_many_did() -> None:
    labels: list[object] = rows()["label"].tolist()
    one = report(rows() | {"label": ["<b>", *labels[1:]]})
    assert kinds(one, "note") == {("new-categories", "label")}
    assert one.findings[0].text == "1 of 1000 labels are new, such as <b> (1)"
    assert not one.alarmed
    many = report(rows() | {"label": ["plum"] * 60 + labels[60:]})
    assert ("new-categories", "label") in kinds(many, "drift")


def test_an_output_that_moved_is_prediction_drift() -> None:
    baseline = Profile.of(WORLD, rows(5_000, 0), seed=5, outputs=["label"])
    window = rows()
    window["label"][::4] = 3
    assert kinds(report(window, baseline), "drift") == {("prediction-drift", "label")}


def test_infinite_values_and_words_are_noted_when_few_and_drift_when_many() -> None:
    window: dict[str, Any] = {name: column.tolist() for name, column in rows().items()}
    window["normal"][0], window["heavy"][0] = float("inf"), "seven"
    few = report(window)
    assert kinds(few, "note") == {("infinite", "normal"), ("not-a-number", "heavy")}
    assert not few.alarmed
    window["normal"][:60] = [float("-inf")] * 60
    assert kinds(report(window), "drift") - {("joint-drift", ALL)} == {("unusable", "normal")}


def test_values_beyond_the_schema_are_their_own_finding() -> None:
    features = [Feature(name="share", minimum=0, maximum=1)]
    share = np.random.default_rng(0).random(2_000)
    baseline = Profile.of(features, {"share": share}, seed=0)
    assert not report({"share": share[:500]}, baseline).findings
    beyond = report({"share": np.concatenate([share[:480], np.full(20, 7.0)])}, baseline)
    assert ("out-of-range", "share") in kinds(beyond, "drift")
    assert ("out-of-range", "share") in kinds(beyond, "note")


def test_a_column_without_one_value_is_a_fault() -> None:
    broken = report(rows() | {"normal": np.full(1_000, np.nan), "label": [None] * 1_000})
    assert kinds(broken, "fault") == {("all-missing", "normal"), ("all-missing", "label")}
    assert broken.faulty


def test_a_column_that_never_came_or_not_always_is_a_fault() -> None:
    window = BASELINE.empty().add({name: column for name, column in rows().items() if name != "heavy"}).add(rows(500))
    gone = judge(BASELINE, window, SETTINGS)
    assert kinds(gone, "fault") == {("missing-column", "heavy")}
    assert gone.findings[0].text == "1000 of 1500 rows came without this column"
    assert not gone.alarmed


def test_extra_and_reordered_columns_are_notes() -> None:
    odd = report(dict(reversed((rows() | {"more": np.zeros(1_000)}).items())))
    assert kinds(odd, "note") == {("extra-column", ""), ("reordered-columns", "")}
    assert not odd.alarmed


def test_a_column_stuck_at_one_value_is_noted_and_drift() -> None:
    stuck = report(rows() | {"normal": np.zeros(1_000)})
    assert ("constant", "normal") in kinds(stuck, "note")
    assert ("drift", "normal") in kinds(stuck, "drift")


def test_a_single_value_is_not_called_constant() -> None:
    assert not [one for one in report(rows(1)).findings if one.kind == "constant"]


def test_a_constant_baseline_is_left_only_by_another_value() -> None:
    baseline = Profile.of([Feature(name="x")], {"x": np.full(500, 3.0)}, seed=0)
    assert report({"x": np.full(500, 3.0)}, baseline).findings == ()
    assert report({"x": np.full(500, 3.0001)}, baseline).alarmed
    assert report({"x": np.full(500, -1e30)}, baseline).alarmed


def test_an_empty_window_is_one_fault_and_no_alarm() -> None:
    empty = report({})
    assert [finding.kind for finding in empty.findings] == ["empty-window"]
    assert empty.faulty
    assert not empty.alarmed
    assert empty.statistics == ()


def test_a_window_too_small_to_test_is_said_to_be() -> None:
    few = report({name: column + 50 for name, column in rows(99).items()})
    assert ("too-few-rows", "") in kinds(few, "note")
    assert few.statistics == ()


def test_an_empty_baseline_and_one_of_another_schema_are_refused() -> None:
    with pytest.raises(DriftError, match="the baseline has no rows"):
        judge(BASELINE.empty(), BASELINE, SETTINGS)
    with pytest.raises(DriftError, match="profiles of two schemas"):
        judge(Profile.of(WORLD[:2], rows(), seed=5), BASELINE, SETTINGS)


def test_findings_are_ordered_faults_first_then_by_certainty() -> None:
    window = rows() | {"heavy": np.full(1_000, np.nan)}
    window["normal"] = window["normal"] + 0.3
    window["count"] = window["count"] + 1
    found = report(window | {"more": np.zeros(1_000)}).findings
    assert (found[0].level, found[0].kind) == ("fault", "all-missing")
    assert [one.order for one in found] == sorted(one.order for one in found)
    assert found[-1].level == "note"
    drifted = [one.feature for one in found if one.kind == "drift"]
    assert drifted == ["count", "normal"]


def test_a_report_is_json_that_any_reader_takes() -> None:
    window = rows() | {"normal": np.full(1_000, 1e38), "heavy": np.full(1_000, np.inf)}
    text = report(window).to_json()
    document = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert document["alarmed"] is True
    assert document["rows"] == [5_000, 1_000]
    assert {"kind", "level", "feature", "text", "p"} == set(document["findings"][0])


def test_holm_gives_the_smallest_p_value_the_whole_familys_share() -> None:
    calm = report(rows())
    assert calm.statistics[0].threshold == pytest.approx(SETTINGS.alpha / len(calm.statistics))
    window = rows()
    window["normal"] = window["normal"] + 1
    first, *rest = report(window).statistics
    assert first.threshold == pytest.approx(SETTINGS.alpha / (len(rest) + 1))
    assert max(one.threshold for one in rest) > first.threshold


def test_what_no_row_of_either_has_is_not_tested() -> None:
    tested = {(one.feature, one.test) for one in report(rows()).statistics}
    assert {feature for feature, test in tested if test == "missing"} == {"gaps"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"false_alarms_per_month": 0}, "false_alarms_per_month: above 0"),
        ({"false_alarms_per_month": 7}, r"at most a fifth of windows_per_month \(30\), got 7"),
        ({"windows_per_month": float("nan")}, "windows_per_month: a number of at least 0, got nan"),
        ({"smallest_psi": -1}, "smallest_psi: a number of at least 0, got -1"),
        ({"least_rows": True}, "least_rows: a number of at least 0, got True"),
        ({"smallest_ks": "0.1"}, "smallest_ks: a number of at least 0, got '0.1'"),
    ],
)
def test_settings_out_of_their_range_are_refused(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(DriftError, match=said):
        DriftSettings(**setting)


def test_an_alarm_rate_a_month_becomes_one_a_window() -> None:
    assert DriftSettings(false_alarms_per_month=1, windows_per_month=720).alpha == pytest.approx(1 / 720)


def test_a_finding_without_a_test_sorts_after_those_with_one() -> None:
    tested = Finding(kind="drift", level="drift", feature="z", text="", p=0.5)
    assert tested.order < Finding(kind="drift", level="drift", feature="a", text="").order
