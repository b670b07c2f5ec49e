"""Evaluation, fairness and comparison of real versions on real held-out rows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, recall_score, roc_auc_score

from model_code.dataset import DataError, Labels
from model_code.gates.bias import BiasReport, Grouping, Limit, bias
from model_code.gates.compare import ComparisonReport, compare, nothing_live
from model_code.gates.evaluate import EvaluationReport, evaluate
from model_code.gates.holdout import RULE
from model_code.gates.inference import Floats
from model_code.gates.metrics import areas, calibration_error, mean_area
from model_code.gates.metrics import log_loss as loss_of
from model_code.gates.report import Identity
from model_code.gates.scoring import Answers
from model_code.paths import SettingError
from tests.unit.gates.samples import HELD, SCHEMA, names

ABOUT = Identity(data="v2", model="m")


def scored(probabilities: Floats, version: str = "a" * 12) -> Answers:
    """Answers made by hand, of a version that keeps to the hold-out rule."""
    return Answers(version=version, probabilities=probabilities, split=RULE)


def sure(chosen: Labels, how: float = 0.9) -> Floats:
    return _rows(chosen, np.full(len(chosen), how))


def evaluated(answers: Answers, **criteria: float) -> EvaluationReport:
    return evaluate(answers, HELD.labels, SCHEMA, ABOUT, criteria, seed=1)


def test_the_figures_are_scikit_learns(versions: dict[str, Answers]) -> None:
    given = versions["good"].probabilities
    report, chosen = evaluated(versions["good"]), given.argmax(axis=1)
    assert report.metrics["accuracy"].value == pytest.approx(accuracy_score(HELD.labels, chosen))
    assert report.metrics["log_loss"].value == pytest.approx(log_loss(HELD.labels, given))
    assert report.metrics["roc_auc"].value == pytest.approx(roc_auc_score(HELD.labels, given[:, 1]))
    assert [one.recall.value for one in report.classes] == pytest.approx(
        recall_score(HELD.labels, chosen, average=None).tolist()
    )
    assert all(one.low <= one.value <= one.high for name, one in report.metrics.items() if name != "calibration_error")


def test_areas_of_many_classes_are_scikit_learns() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, size=300)
    given = random.dirichlet(np.ones(4), size=300).round(2) + np.eye(4)[labels] * 0.3
    given /= given.sum(axis=1, keepdims=True)
    each = areas(given, labels)
    one_by_one = [roc_auc_score(labels == label, given[:, label]) for label in range(4)]
    assert [one.value for one in each] == pytest.approx(one_by_one)
    assert mean_area(each).value == pytest.approx(roc_auc_score(labels, given, multi_class="ovr"))


def test_a_calibration_error_is_near_0_for_true_probabilities_and_near_the_lie_for_others() -> None:
    random = np.random.default_rng(9)
    truth = random.uniform(0.5, 1, size=4000)
    labels = (random.random(4000) < truth).astype(np.int64)
    honest = calibration_error(np.column_stack([1 - truth, truth]), labels, 1)
    assert honest.low < 0.01
    assert honest.value < 0.03
    boast = calibration_error(sure(np.ones(4000, dtype=np.int64), 0.99), labels, 1)
    assert boast.low <= boast.value == pytest.approx(0.99 - labels.mean())


def test_a_good_version_passes_its_criteria_and_one_trained_on_noise_does_not(versions: dict[str, Answers]) -> None:
    assert evaluated(versions["good"], accuracy=0.9, roc_auc=0.9).findings == ()
    report = evaluated(versions["noise"], accuracy=0.9, roc_auc=0.95)
    assert {(one.name, one.where) for one in report.findings} == {
        ("below-minimum", "accuracy"),
        ("below-minimum", "roc_auc"),
    }
    assert not report.passed


def test_a_minimum_within_the_interval_is_noted(versions: dict[str, Answers]) -> None:
    value = evaluated(versions["good"]).metrics["accuracy"].value
    report = evaluated(versions["good"], accuracy=value)
    assert report.passed
    assert names(report.findings, "note") == {"minimum-within-noise"}


def test_a_figure_below_its_minimum_stops_even_if_chance_may_have_made_it(versions: dict[str, Answers]) -> None:
    accuracy = evaluated(versions["good"]).metrics["accuracy"]
    least = (accuracy.value + accuracy.high) / 2
    assert names(evaluated(versions["good"], accuracy=least).findings) == {"below-minimum"}


def test_a_version_that_does_not_say_what_it_was_trained_on_asks(versions: dict[str, Answers]) -> None:
    report = evaluated(versions["unsaid"], accuracy=0.9)
    assert report.passed
    assert names(report.findings, "ask") == {"split-unknown"}


def test_few_rows_of_a_class_ask_and_none_are_refused() -> None:
    labels = np.array([0] * 5 + [1] * 60)
    found = evaluate(scored(sure(labels)), labels, SCHEMA, ABOUT, {}, seed=1).findings
    assert [(one.name, one.where, one.severity) for one in found] == [("not-enough-rows", "malignant", "ask")]
    with pytest.raises(DataError, match="no held-out row is of class malignant"):
        evaluate(scored(sure(labels[5:])), labels[5:], SCHEMA, ABOUT, {}, seed=1)
    one, other = scored(sure(labels)), scored(sure(labels, 0.8), "b" * 12)
    for metric in ("accuracy", "roc_auc", "log_loss"):
        report = compare(one, other, labels, SCHEMA, ABOUT, {metric: 0.5}, seed=1)
        assert ("not-enough-rows", "malignant") in {(found.name, found.where) for found in report.findings}
        with pytest.raises(DataError, match="no held-out row is of class malignant"):
            compare(one, other, labels[5:], SCHEMA, ABOUT, {metric: 0.5}, seed=1)


def test_a_criterion_that_nobody_measures_is_refused(versions: dict[str, Answers]) -> None:
    with pytest.raises(SettingError, match="got 'log_loss', allowed: accuracy, roc_auc, worst_recall"):
        evaluated(versions["good"], log_loss=0.1)


# --- fairness: the groups are made here, as the real data name none


def fair(selected: dict[str, tuple[int, int]], limit: Limit, measure: str = "selection_rate") -> BiasReport:
    """Groups of (selected, rows), half the rows of each being truly positive."""
    cells = [name for name, (_, size) in selected.items() for _ in range(size)]
    chosen = np.array([at < count for count, size in selected.values() for at in range(size)], dtype=np.int64)
    labels = np.array([at % 2 for _, size in selected.values() for at in range(size)])
    columns = {Grouping(column="sex"): cells}
    return bias(scored(sure(chosen)), labels, SCHEMA.classes, "benign", columns, {measure: limit}, ABOUT)


@pytest.mark.parametrize(
    ("women", "men", "limit", "outcome"),
    [
        ((50, 100), (52, 100), Limit(ratio=0.8), set()),
        ((250, 1000), (500, 1000), Limit(ratio=0.8), {"stop"}),
        ((500, 1000), (250, 1000), Limit(ratio=0.8), {"stop"}),  # too many are unfair too
        ((250, 1000), (500, 1000), Limit(difference=0.1), {"stop"}),
        ((18, 50), (25, 51), Limit(ratio=0.8), {"ask"}),  # 0.73, and chance may have made it
        ((1, 8), (50, 100), Limit(ratio=0.8), {"ask"}),  # not enough rows
        ((0, 1000), (0, 1000), Limit(ratio=0.8, difference=0.1), set()),
    ],
)
def test_a_gap_stops_only_if_the_rows_prove_it_and_asks_if_they_do_not(
    women: tuple[int, int], men: tuple[int, int], limit: Limit, outcome: set[str]
) -> None:
    report = fair({"women": women, "men": men}, limit)
    assert {one.severity for one in report.findings} == outcome
    json.loads(report.to_json())


def test_small_groups_are_named_and_are_not_judged() -> None:
    report = fair({"a": (50, 100), "b": (1, 12), "c": (50, 101)}, Limit(ratio=0.9))
    assert [(one.name, one.where) for one in report.findings] == [("not-enough-rows", "sex=b, selection_rate")]
    assert {one.group for one in report.gaps if one.measure == "selection_rate"} == {"a"}


def test_one_group_alone_asks() -> None:
    assert names(fair({"a": (50, 100)}, Limit(ratio=0.9)).findings, "ask") == {"one-group"}


def test_rates_are_of_the_true_class_and_only_limits_decide() -> None:
    report = fair({"a": (100, 200), "b": (100, 200)}, Limit(ratio=0.9), "true_positive_rate")
    gaps = {one.measure: one for one in report.gaps}
    assert [gaps[name].rate.rows for name in gaps] == [200, 100, 100]
    assert gaps["true_positive_rate"].rate.value == 0.5
    assert fair({"a": (10, 200), "b": (150, 200)}, Limit(), "selection_rate").findings == ()


def test_ages_are_grouped_by_edges_and_an_empty_cell_is_a_group() -> None:
    grouping = Grouping(column="age", edges=(30, 50))
    assert grouping.groups(["29.9", "30", "50", ""]) == ["less to 30", "30 to 50", "50 to more", "(none)"]
    with pytest.raises(DataError, match="must be numbers"):
        grouping.groups(["old"])


def test_real_answers_by_real_size_of_nuclei_differ_and_are_found_unfair(versions: dict[str, Answers]) -> None:
    """Small nuclei are benign far more often, so that selection rates must differ: the gate has to see it."""
    cells = [f"{value:.3f}" for value in HELD.values[:, 0]]
    columns = {Grouping(column="mean_radius", edges=(14.0,)): cells}
    limits = {"selection_rate": Limit(ratio=0.8)}
    report = bias(versions["good"], HELD.labels, SCHEMA.classes, "benign", columns, limits, ABOUT)
    assert names(report.findings) == {"unfair"}


@pytest.mark.parametrize(
    ("favoured", "limits", "said"),
    [
        ("benign", {"luck": Limit(ratio=0.8)}, "got 'luck'"),
        ("well", {"selection_rate": Limit(ratio=0.8)}, "got 'well'"),
        ("benign", {"selection_rate": Limit(ratio=1.2)}, "a ratio up to 1"),
        ("benign", {"selection_rate": Limit(ratio=0)}, "a ratio up to 1"),
        ("benign", {"selection_rate": Limit(difference=-1)}, "a difference from 0"),
    ],
)
def test_limits_that_make_no_sense_are_refused(favoured: str, limits: dict[str, Limit], said: str) -> None:
    labels = np.array([0, 1] * 40)
    with pytest.raises(SettingError, match=said):
        bias(scored(sure(labels)), labels, SCHEMA.classes, favoured, {Grouping(column="a"): ["x"] * 80}, limits, ABOUT)
    columns = {Grouping(column="a", reference="y"): ["x"] * 80}
    with pytest.raises(SettingError, match="groups in the data: x"):
        bias(scored(sure(labels)), labels, SCHEMA.classes, "benign", columns, {}, ABOUT)


# --- comparison


def compared(candidate: Answers, live: Answers, **margins: float) -> ComparisonReport:
    return compare(candidate, live, HELD.labels, SCHEMA, ABOUT, margins, seed=3)


def test_a_version_trained_on_noise_is_worse_by_every_metric_and_stops(versions: dict[str, Answers]) -> None:
    report = compared(versions["noise"], versions["good"], accuracy=0.03, roc_auc=0.02, log_loss=0.05)
    assert [one.outcome for one in report.comparisons] == ["worse", "worse", "worse"]
    assert not report.passed
    accuracy = report.comparisons[0]
    assert accuracy.probability is not None
    assert accuracy.probability < 1e-6
    assert compared(versions["good"], versions["noise"], accuracy=0.03, log_loss=0.05).outcome == "better"


def test_a_version_trained_on_fewer_rows_is_no_worse_by_a_margin_that_the_rows_can_tell(
    versions: dict[str, Answers],
) -> None:
    report = compared(versions["other"], versions["good"], accuracy=0.06, roc_auc=0.03)
    assert report.outcome == "no worse"
    assert report.findings == ()


def test_too_small_a_margin_asks_and_says_how_many_rows_it_takes(versions: dict[str, Answers]) -> None:
    report = compared(versions["other"], versions["good"], accuracy=0.001)
    needed = report.comparisons[0].rows_needed
    assert report.outcome == "not enough rows"
    assert report.passed
    assert needed > 10_000
    assert f"157 rows, about {needed} would be needed" in report.findings[0].text


def test_a_version_that_is_surely_worse_is_worse_even_if_it_may_be_by_less_than_the_margin() -> None:
    labels = np.tile([0, 1], 100)
    wrong = np.where(np.arange(200) < 12, 1 - labels, labels)
    candidate, live = scored(sure(wrong)), scored(sure(labels), "b" * 12)
    report = compare(candidate, live, labels, SCHEMA, ABOUT, {"accuracy": 0.08}, seed=1)
    got = report.comparisons[0].improvement
    assert got.low < -0.08 < got.high < 0
    assert report.outcome == "worse"
    assert not report.passed


def test_the_live_version_beside_itself_is_no_worse(versions: dict[str, Answers]) -> None:
    report = compared(versions["good"], versions["good"], accuracy=0.001, log_loss=0.001, roc_auc=0.001)
    assert report.outcome == "no worse"
    assert names(report.findings, "note") == {"same-version"}


def test_two_perfect_orders_prove_no_more_than_one_does() -> None:
    """The bootstrap says an interval of no width: every draw of a perfect order is perfect."""
    spread = np.random.default_rng(5).uniform(0.6, 0.9, size=len(HELD.labels))
    candidate = scored(_rows(HELD.labels, spread))
    report = compared(candidate, scored(sure(HELD.labels), "b" * 12), roc_auc=0.001)
    assert report.comparisons[0].improvement.value == 0
    assert report.outcome == "not enough rows"


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_a_version_worse_by_the_margin_is_rarely_called_no_worse(metric: str) -> None:
    """At the margin itself the promise is one in forty; 200 draws of 200 rows, so at most 12 by chance."""
    random = np.random.default_rng(21)
    passed = 0
    for _ in range(200):
        labels = np.tile([0, 1], 100)
        if metric == "accuracy":
            mine, theirs = (sure(np.where(random.random(200) < off, 1 - labels, labels)) for off in (0.15, 0.05))
            margin = 0.10
        else:
            how = random.normal(0.9, 0.03, size=200).clip(0.7, 0.99)
            other = how * np.exp(-random.normal(0.05, 0.2, size=200))  # a loss larger by 0.05 in the mean
            mine, theirs = (_rows(labels, one) for one in (other.clip(0.01, 0.999), how))
            margin = 0.05
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("model_code.gates.compare.RESAMPLES", 200)
            report = compare(scored(mine), scored(theirs, "b" * 12), labels, SCHEMA, ABOUT, {metric: margin}, seed=1)
        passed += report.outcome in ("no worse", "better")
    assert passed <= 12


def _rows(labels: Labels, right: Floats) -> Floats:
    second = np.where(labels == 1, right, 1 - right)
    return np.column_stack([1 - second, second])


def test_the_rows_said_to_be_needed_are_enough_about_four_times_in_five() -> None:
    random = np.random.default_rng(8)

    def pair(rows: int) -> ComparisonReport:
        labels = np.tile([0, 1], rows // 2)
        one, other = (sure(np.where(random.random(rows) < 0.05, 1 - labels, labels)) for _ in range(2))
        return compare(scored(one), scored(other, "b" * 12), labels, SCHEMA, ABOUT, {"accuracy": 0.02}, seed=1)

    needed = int(np.median([pair(400).comparisons[0].rows_needed for _ in range(40)]))
    told = [pair(needed // 2 * 2).outcome in ("no worse", "better") for _ in range(100)]
    assert 70 <= sum(told) <= 92


def test_equal_seeds_give_equal_reports(versions: dict[str, Answers]) -> None:
    first, again = (compared(versions["other"], versions["good"], log_loss=0.05).to_json() for _ in range(2))
    assert first == again
    assert loss_of(versions["good"].probabilities, HELD.labels, 1) != loss_of(
        versions["good"].probabilities, HELD.labels, 2
    )


@pytest.mark.parametrize(
    ("margins", "said"), [({}, "no margin"), ({"luck": 0.1}, "luck"), ({"accuracy": 0.0}, "above 0")]
)
def test_margins_that_decide_nothing_are_refused(
    versions: dict[str, Answers], margins: dict[str, float], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        compared(versions["good"], versions["other"], **margins)


def test_a_first_version_is_compared_with_nothing_and_says_so() -> None:
    report = nothing_live(ABOUT, 157)
    assert report.passed
    assert report.outcome == "nothing live"
    assert replace(report).to_json() == report.to_json()
