"""Training: the same bytes twice, figures that are the served model's own, and data that the spec allows."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score, roc_auc_score
from threadpoolctl import threadpool_info, threadpool_limits

from model_code import artifact, card, training
from model_code.algorithms import choose
from model_code.breast_cancer import data
from model_code.breast_cancer.spec import SPEC
from model_code.breast_cancer.train import ALGORITHMS as OFFERED
from model_code.breast_cancer.train import train
from model_code.dataset import DataError
from model_code.digits.train import ALGORITHMS as NETWORKS
from model_code.gates.holdout import RULE
from model_code.paths import Paths, SettingError, hyperparameters


def trained(folder: Path, **settings: Any) -> dict[str, Any]:
    train({"SM_MODEL_DIR": str(folder), "SM_HPS": json.dumps(settings)})
    return dict(json.loads((folder / "metadata.json").read_bytes()))


@pytest.fixture(scope="module", params=OFFERED)
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp(request.param)
    return folder, trained(folder, algorithm=request.param)


def test_training_twice_makes_the_same_artifact(version: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, metadata = version
    trained(tmp_path / "again", algorithm=metadata["algorithm"])
    first = artifact.pack(folder, tmp_path / "first.tar.gz")
    assert artifact.pack(tmp_path / "again", tmp_path / "second.tar.gz") == first


def test_another_hyperparameter_makes_another_artifact(tmp_path: Path) -> None:
    trained(tmp_path / "a", algorithm="logistic-regression")
    metadata = trained(tmp_path / "b", algorithm="logistic-regression", c="0.5")
    assert metadata["hyperparameters"] == {"seed": 0, "c": 0.5, "max_iter": 1000}
    assert (tmp_path / "a/model.onnx").read_bytes() != (tmp_path / "b/model.onnx").read_bytes()


def test_the_figures_are_those_of_the_served_model_on_rows_it_never_saw(version: tuple[Path, dict[str, Any]]) -> None:
    folder, metadata = version
    values, labels = data.held_out()
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    probabilities = session.run(["probabilities"], {"inputs": values})[0]
    accuracy = accuracy_score(labels, probabilities.argmax(axis=1))
    assert metadata["metrics"]["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert metadata["metrics"]["roc_auc"] == pytest.approx(roc_auc_score(labels, probabilities[:, 1]), abs=1e-4)
    assert accuracy > 0.93  # always answering the larger class is right in 0.63 of them
    assert metadata["rows"] == {"training": 412, "held_out": 157}
    assert metadata["split"] == RULE


def test_held_out_rows_are_about_a_quarter_and_never_trained_on() -> None:
    training_rows, held_out = data.load().split()
    assert {row.tobytes() for row in training_rows.values}.isdisjoint(row.tobytes() for row in held_out.values)
    assert abs(len(held_out.labels) / 569 - 0.25) < 0.03
    assert np.bincount(data.load().labels).tolist() == [212, 357]
    assert np.array_equal(data.held_out()[0], held_out.values)


def test_data_and_feature_names_are_scikit_learn_s() -> None:
    theirs, ours = load_breast_cancer(), data.load()
    assert np.array_equal(ours.values, theirs.data.astype(np.float32))
    assert np.array_equal(ours.labels, theirs.target)
    assert [name.replace("_", " ") for name in SPEC.inputs.names] == theirs.feature_names.tolist()
    assert list(SPEC.inputs.classes) == theirs.target_names.tolist()


def test_bounds_leave_room_for_twice_what_was_seen_and_not_much_more() -> None:
    largest = data.load().values.max(axis=0)
    declared = np.array([feature.maximum for feature in SPEC.inputs.features], dtype=float)
    assert {feature.minimum for feature in SPEC.inputs.features} == {0}
    assert (abs(declared / largest - 2) < 0.1).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "'algorithm': got None, allowed: logistic-regression, gradient-boosting"),
        ({"algorithm": "magic"}, "got 'magic', allowed: logistic-regression"),
        (
            {"algorithm": "logistic-regression", "trees": 3},
            "unknown hyperparameter 'trees', allowed: algorithm, tune",
        ),
        ({"algorithm": "gradient-boosting", "trees": "1.5"}, "'trees': got '1.5', allowed: a whole number"),
    ],
)
def test_a_hyperparameter_that_cannot_be_used_is_named(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        choose(given, OFFERED)


def test_every_algorithm_takes_what_it_says_it_takes() -> None:
    for algorithm in {**OFFERED, **NETWORKS}.values():
        as_text = {name: str(value) for name, value in algorithm.defaults.items()}
        built = algorithm.build(**algorithm.settings(as_text))
        assert hasattr(built, "fit")
        assert hasattr(built, "predict_proba")


@pytest.mark.parametrize("text", ["nonsense", "[1]"])
def test_hyperparameters_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="SM_HPS must be a JSON object"):
        hyperparameters({"SM_HPS": text})


def test_places_are_sagemaker_s_unless_told_otherwise() -> None:
    assert Paths.of({}).model == Path("/opt/ml/model")
    assert Paths.of({}).failure == Path("/opt/ml/output/failure")
    assert Paths.of({"SM_MODEL_DIR": "/m", "SM_OUTPUT_DATA_DIR": "/o/data"}).failure == Path("/o/failure")


def test_a_row_that_breaks_the_spec_stops_training_and_is_named() -> None:
    rows = data.load()
    values = rows.values.copy()
    values[7, 3] = -1
    with pytest.raises(DataError, match=r"out of bounds.*\"row\": 7, \"feature\": \"mean_area\""):
        training.train(SPEC, lambda: replace(rows, values=values), OFFERED, hps("logistic-regression"))


def test_a_class_without_rows_stops_training() -> None:
    rows = data.load()
    with pytest.raises(DataError, match=r"labels of breast-cancer are \[0\]; spec.py declares 2 classes"):
        training.train(SPEC, lambda: replace(rows, labels=rows.labels * 0), OFFERED, hps("logistic-regression"))


@pytest.mark.parametrize("tuned", [{}, {"tune": 1}])
def test_every_fit_has_one_thread_however_many_there_are(tuned: dict[str, int], tmp_path: Path) -> None:
    """The order of a sum, and with it the last bit, would follow their number: on some processors it does."""
    offered, threads = OFFERED["logistic-regression"], set()

    def build(**settings: Any) -> Any:
        model = offered.build(**settings)
        fit = model.fit

        def watched(*rows: Any) -> Any:
            threads.update(pool["num_threads"] for pool in threadpool_info())
            return fit(*rows)

        model.fit = watched
        return model

    given = {"SM_MODEL_DIR": str(tmp_path), "SM_HPS": json.dumps({"algorithm": "watched", **tuned})}
    with threadpool_limits(limits=4):
        training.train(SPEC, data.load, {"watched": replace(offered, build=build)}, given)
    assert threads == {1}


def hps(algorithm: str) -> dict[str, str]:
    return {"SM_HPS": json.dumps({"algorithm": algorithm})}


@pytest.mark.parametrize("code", ["breast_cancer", "digits", "risk"])
def test_the_card_shows_the_figures_that_training_gives(code: str) -> None:
    text = (Path(str(importlib.import_module(f"model_code.{code}").__file__)).parent / "CARD.md").read_text()
    renewed = card.with_figures(text, card.figures(code))
    assert text == renewed, f"run `python -m model_code.card {code}`"


def test_the_libraries_that_made_a_version_are_named_in_it(version: tuple[Path, dict[str, Any]]) -> None:
    pinned = (Path(str(data.__file__)).parent / "requirements.txt").read_text().splitlines()
    assert set(version[1]["libraries"]) == {"numpy", "scikit-learn", "skl2onnx"}
    assert {line.partition("==")[0] for line in pinned} >= set(version[1]["libraries"])


def test_a_card_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        card.with_figures("# a card", [])
