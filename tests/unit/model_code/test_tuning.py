"""Tuning: seeded trials over declared ranges, on training rows alone, and what metadata.json says of it."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code import training
from model_code.algorithms import TABULAR, choose
from model_code.breast_cancer import data
from model_code.breast_cancer.spec import SPEC
from model_code.dataset import Dataset
from model_code.digits.train import ALGORITHMS as NETWORKS
from model_code.paths import SettingError
from model_code.tuning import Tuned, tune

ROWS = data.load().split()[0]


def fit(model: Any, rows: Dataset) -> Any:
    return model.fit(rows.values, rows.labels)


def tuned(trials: int, rows: Dataset = ROWS, **given: Any) -> Tuned:
    choice = choose({"algorithm": "logistic-regression", **given}, TABULAR)
    return tune(choice.algorithm, choice.settings, choice.given, rows, trials, fit)


def test_trials_find_better_settings_than_poor_ones_and_one_trial_keeps_what_was_given() -> None:
    choice = choose({"algorithm": "logistic-regression"}, TABULAR)
    poor = {**choice.settings, "c": 0.001}
    one, many = (tune(choice.algorithm, poor, frozenset(), ROWS, trials, fit) for trials in (1, 6))
    assert one.settings == poor
    assert many.log_loss < one.log_loss - 0.01
    assert 0.01 <= many.settings["c"] <= 100
    assert tuned(6).log_loss <= tuned(1).log_loss


def test_the_same_seed_finds_the_same_and_another_tries_others() -> None:
    def drawn(seed: int) -> Tuned:
        choice = choose({"algorithm": "logistic-regression"}, TABULAR)
        return tune(choice.algorithm, {**choice.settings, "c": 0.001, "seed": seed}, frozenset(), ROWS, 4, fit)

    assert drawn(1) == drawn(1)
    assert drawn(1).settings["c"] != drawn(3).settings["c"]


def test_what_the_caller_set_is_left_alone() -> None:
    assert tuned(4, c=0.5).settings["c"] == 0.5


def test_a_training_run_says_what_it_chose_and_held_out_rows_have_no_say(tmp_path: Path) -> None:
    whole = data.load()
    _, held = whole.split()
    out = {row.tobytes() for row in held.values}
    turned = np.array([row.tobytes() in out for row in whole.values])
    other = replace(whole, labels=np.where(turned, 1 - whole.labels, whole.labels))
    found = []
    for name, rows in (("true", whole), ("turned", other)):
        hps = json.dumps({"algorithm": "logistic-regression", "tune": "6"})
        environment = {"SM_MODEL_DIR": str(tmp_path / name), "SM_HPS": hps}
        training.train(SPEC, functools.partial(replace, rows), TABULAR, environment)
        found.append(json.loads((tmp_path / name / "metadata.json").read_bytes()))
    expected = tuned(6)
    assert found[0]["hyperparameters"] == found[1]["hyperparameters"] == expected.settings
    assert found[0]["tuning"] == {"trials": 6, "folds": 3, "log_loss": round(expected.log_loss, 6)}
    assert (tmp_path / "true/model.onnx").read_bytes() == (tmp_path / "turned/model.onnx").read_bytes()
    assert found[0]["metrics"]["accuracy"] > 0.9 > 0.1 > found[1]["metrics"]["accuracy"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"algorithm": "logistic-regression", "tune": "many"}, "'tune': got 'many', allowed: a whole number"),
        ({"algorithm": "logistic-regression", "tune": 201}, "got 201 trials, allowed: at most 200"),
        ({"algorithm": "logistic-regression", "tune": -1}, "got -1 trials"),
    ],
)
def test_trials_that_make_no_sense_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        choose(given, TABULAR)


def test_an_algorithm_without_ranges_is_not_tuned() -> None:
    with pytest.raises(SettingError, match="at most 0, as one-convolution declares no ranges"):
        choose({"algorithm": "one-convolution", "tune": 3}, NETWORKS)


@pytest.mark.parametrize("name", TABULAR)
def test_every_range_is_of_a_hyperparameter_and_holds_its_default(name: str) -> None:
    algorithm = TABULAR[name]
    assert algorithm.ranges
    for setting, (low, high) in algorithm.ranges.items():
        assert 0 < low <= algorithm.defaults[setting] <= high
