"""The job's findings beside the known truth of synthetic worlds, over seeds that nothing was tuned on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.world.knobs import ConceptDrift, Drift, Knobs, LabelDelay, Unfairness
from model_code.world.world import World
from tests.unit.monitor.job import CLASSES, Endpoint, kinds

SEEDS = range(8_001, 8_021)
_CHANGE = 6
_DAYS = range(3, 9)
_CALM = Knobs(traffic=500, delay=LabelDelay(minimum=0, mean=1, longest=4))
_TURNED = Knobs(
    traffic=500,
    delay=_CALM.delay,
    drifts=(Drift(feature="utilisation", from_day=_CHANGE, shift=0.8),),
    concept=(ConceptDrift(from_day=_CHANGE, weights={"income": 0.9, "amount": -0.5, "account_months": 0.5}),),
    unfairness=Unfairness(from_day=_CHANGE, scores=2.5),
)
_DECLARED = {"groups": ["group=A"], "favoured": CLASSES[0], "limits": {"selection_rate": {"ratio": 0.6}}}


def reports(folder: Path, seed: int, knobs: Knobs) -> dict[int, dict[str, Any]]:
    """The world's windows, with the accuracy that its first days had as the version's own."""
    world = World(seed, knobs)
    accuracy = 1 - sum(wrong(world, day) for day in range(5)) / 5
    endpoint = Endpoint(world, folder, {"metrics": {"accuracy": accuracy}, **_DECLARED})
    return {day: endpoint.run(day, earlier=4) for day in _DAYS}


def wrong(world: World, day: int) -> float:
    """The share of a day's answers that its outcomes contradict."""
    made, truth = world.day(day), world.outcomes_known(day + 4, since=day)
    bad = dict(zip(truth.ids.tolist(), truth.bad.tolist(), strict=True))
    answers = dict(zip(made.ids.tolist(), (made.score >= 0.1).tolist(), strict=True))
    known = [answers[key] != bad[key] for key in answers if key in bad]
    return float(np.mean(known))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> list[dict[int, dict[str, Any]]]:
    """Worlds in which nothing changes."""
    return [reports(tmp_path_factory.mktemp("calm"), seed, _CALM) for seed in SEEDS]


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> list[dict[int, dict[str, Any]]]:
    """Worlds in which inputs, concept and fairness change on one day."""
    return [reports(tmp_path_factory.mktemp("turned"), seed, _TURNED) for seed in SEEDS]


def test_worlds_that_stay_as_they_are_alarm_as_rarely_as_stated(calm: list[dict[int, dict[str, Any]]]) -> None:
    windows = [report for world in calm for report in world.values()]
    alarms = sum(any(report["alarmed"].values()) for report in windows)
    assert len(windows) == 120
    assert alarms <= 10  # stated: one of 30 windows, so 4 of 120; eleven or more have a chance of 0.3 %
    assert not any(report["faulty"] for report in windows)


def test_what_changed_is_found_within_three_windows(turned: list[dict[int, dict[str, Any]]]) -> None:
    found: Counter[str] = Counter()
    for world in turned:
        found.update(
            {name for day in world if day >= _CHANGE for name, value in world[day]["alarmed"].items() if value}
        )
    assert {found[name] for name in ("InputDrift", "PredictionDrift", "ConceptDrift")} == {len(SEEDS)}
    assert found["Bias"] >= len(SEEDS) - 1  # its outcomes are the late ones: the first are of before the change


def test_the_feature_that_drifted_is_named_and_others_hardly_ever(turned: list[dict[int, dict[str, Any]]]) -> None:
    named: Counter[str] = Counter()
    for world in turned:
        named.update(name for day in world if day >= _CHANGE for name in world[day]["features"])
    assert named["utilisation"] == 3 * len(SEEDS)
    assert sum(named.values()) - named["utilisation"] <= 4  # of 420


def test_nothing_was_found_before_it_changed(turned: list[dict[int, dict[str, Any]]]) -> None:
    before = [world[day]["alarmed"] for world in turned for day in world if day < _CHANGE]
    assert sum(any(alarmed.values()) for alarmed in before) <= 7


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_labels_that_never_come_are_named_once_their_time_is_over(tmp_path: Path, seed: int) -> None:
    endpoint = Endpoint(World(seed, _CALM), tmp_path, {"hours": 48, "metrics": {"accuracy": 0.8}}, outcomes=False)
    named = [("labels-never-came", "") in kinds(endpoint.run(day, earlier=0), "fault") for day in range(4)]
    assert named == [False, False, True, True]
