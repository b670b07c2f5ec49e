"""The digits model: its network held to finite differences, its graph to its network, its server to all of it."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_digits

from model_code.digits import data
from model_code.digits.graph import to_onnx
from model_code.digits.network import Layer, Network
from model_code.digits.spec import SPEC
from model_code.digits.train import ALGORITHMS

FOLDER = Path(str(data.__file__)).parent
Trained = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module", params=ALGORITHMS)
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A version of each network, trained by its container's command from the files that its image has."""
    folder, image = tmp_path_factory.mktemp(request.param), tmp_path_factory.mktemp("image")
    copies = re.findall(r"^COPY (.+)$", (FOLDER / "Dockerfile").read_text().replace("\\\n", " "), re.MULTILINE)
    for *sources, target in map(str.split, copies):
        (image / target).mkdir(parents=True, exist_ok=True)
        for source in (FOLDER.parents[1] / source for source in sources):
            if source.is_dir():
                shutil.copytree(source, image / target, dirs_exist_ok=True)
            else:
                shutil.copy(source, image / target)
    environment = {"TAKEOFF_MODEL_CODE": "digits", "SM_MODEL_DIR": str(folder), "PYTHONPATH": str(image)}
    environment |= {"SM_HPS": json.dumps({"algorithm": request.param})}
    command = [sys.executable, "-m", "model_code.container", "train"]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=image)
    return folder, dict(json.loads((folder / "metadata.json").read_bytes()))


def small(*layers: Layer, side: int = 6, epochs: int = 1) -> Network:
    return Network(layers, side, 16, seed=1, epochs=epochs, learning_rate=0.01)


def pixels(rows: int, side: int = 6) -> Any:
    return np.random.default_rng(2).integers(0, 17, (rows, side * side)).astype(np.float32)


@pytest.mark.parametrize(
    "layers",
    [
        (Layer(3, 6, 1, 0),),
        (Layer(2, 3, 1, 1), Layer(3, 6, 1, 0)),
        (Layer(2, 3, 2, 1), Layer(3, 3, 1, 0)),
        (Layer(2, 2, 1, 0), Layer(4, 3, 2, 1), Layer(3, 3, 1, 0)),
    ],
    ids=["dense", "same size", "strided", "three layers"],
)
def test_every_gradient_is_what_finite_differences_find(layers: tuple[Layer, ...]) -> None:
    network, values, labels = small(*layers), pixels(4), np.array([0, 2, 1, 2])
    # Biases away from zero, and doubles: what is left of the difference then is the step's own error.
    network.weights = [
        dataclasses.replace(
            weights, kernel=weights.kernel.astype(np.float64), bias=np.linspace(-0.2, 0.3, len(weights.bias))
        )
        for weights in network.weights
    ]
    arrays = [array for weights in network.weights for array in (weights.kernel, weights.bias)]
    found = network.gradients(values, labels)[1]
    assert [slopes.shape for slopes in found] == [array.shape for array in arrays]
    for array, slopes in zip(arrays, found, strict=True):
        measured = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            kept, losses = array[place], []
            for step in (1e-5, -1e-5):
                array[place] = kept + step
                losses.append(network.gradients(values, labels)[0])
            array[place] = kept
            measured[place] = (losses[0] - losses[1]) / 2e-5
        assert np.abs(measured).max() > 1e-3
        assert np.allclose(slopes, measured, atol=1e-7)


def test_training_lowers_the_loss_and_a_seed_is_a_seed() -> None:
    values, labels = pixels(200), (pixels(200)[:, 0] > 8).astype(np.int64)
    layers = (Layer(4, 3, 1, 1), Layer(2, 6, 1, 0))
    before = small(*layers).gradients(values, labels)[0]
    first, second = (small(*layers, epochs=40).fit(values, labels) for _ in range(2))
    assert first.gradients(values, labels)[0] < before / 2
    assert all(np.array_equal(a.kernel, b.kernel) for a, b in zip(first.weights, second.weights, strict=True))


@pytest.mark.parametrize("layers", [(Layer(2, 3, 2, 1), Layer(10, 4, 1, 0)), (Layer(3, 3, 1, 0), Layer(10, 6, 1, 0))])
def test_the_graph_answers_what_the_network_answers(layers: tuple[Layer, ...]) -> None:
    network, values = small(*layers, side=8), pixels(7, side=8)
    session = onnxruntime.InferenceSession(to_onnx(SPEC, network).SerializeToString())
    (probabilities,) = session.run(["probabilities"], {"inputs": values})
    assert probabilities.shape == (7, 10)
    assert np.allclose(probabilities, network.predict_proba(values), atol=1e-6)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_figures_are_those_of_the_served_model_on_rows_it_never_saw(version: Trained) -> None:
    folder, metadata = version
    values, labels = data.held_out()
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    answers = session.run(["probabilities"], {"inputs": values})[0].argmax(axis=1)
    assert metadata["metrics"]["accuracy"] == pytest.approx(float((answers == labels).mean()), abs=1e-6)
    assert metadata["metrics"]["accuracy"] >= 0.97  # a tenth would be chance
    assert metadata["rows"] == {"training": 1364, "held_out": 433}
    assert set(metadata["libraries"]) == {"numpy", "onnx", "scikit-learn"}


def test_the_two_networks_are_different_models() -> None:
    first, second = (algorithm.build(**algorithm.defaults).layers for algorithm in ALGORITHMS.values())
    assert first != second


def test_data_is_scikit_learn_s_and_every_pixel_may_be_asked() -> None:
    theirs, ours = load_digits(), data.load()
    assert np.array_equal(ours.values, theirs.data.astype(np.float32))
    assert np.array_equal(ours.labels, theirs.target)
    assert list(SPEC.inputs.classes) == [str(name) for name in theirs.target_names]
    assert len(SPEC.inputs.features) == 64
    assert {(pixel.dtype, pixel.minimum, pixel.maximum) for pixel in SPEC.inputs.features} == {("integer", 0, 16)}
    assert (ours.values.min(), ours.values.max()) == (0, 16)


def test_held_out_rows_are_never_trained_on() -> None:
    training, held_out = data.load().split()
    assert {row.tobytes() for row in training.values}.isdisjoint(row.tobytes() for row in held_out.values)
    assert np.array_equal(data.held_out()[0], held_out.values)


def test_the_container_serves_digits_and_refuses_half_a_pixel(
    version: Trained, serve: Callable[..., AbstractContextManager[Any]]
) -> None:
    values, labels = data.held_out()
    rows = json.dumps({"instances": values[:50].tolist()}).encode()
    with serve(version[0], code="digits") as server:
        status, _, answer = server.ask(rows, content_type="application/json")
        _, _, refusal = server.ask(json.dumps({"instances": [[0.5] * 64]}).encode(), content_type="application/json")
    assert status == 200
    predictions = json.loads(answer)["predictions"]
    right = [said == SPEC.inputs.classes[label] for said, label in zip(predictions, labels[:50].tolist(), strict=True)]
    assert sum(right) >= 45
    assert json.loads(refusal)["error"] == "not a whole number"
    assert json.loads(refusal)["where"] == {"row": 0, "feature": "row_0_column_0"}


def test_the_gpu_image_is_the_cpu_image_with_cuda_and_the_promise_to_use_it() -> None:
    ours, gpu = ((FOLDER / name).read_text().splitlines() for name in ("Dockerfile", "Dockerfile.gpu"))
    added = [line for line in gpu if line not in ours and not line.startswith("#")]
    assert added == [
        "ENV NVIDIA_VISIBLE_DEVICES=all \\",
        "    NVIDIA_DRIVER_CAPABILITIES=compute,utility \\",
        "    TAKEOFF_ACCELERATOR=gpu",
        "COPY model_code/digits/requirements-gpu.txt ./",
        "RUN pip install --no-cache-dir --no-deps -r requirements-gpu.txt",
    ]
    left_out = [line for line in ours if line not in gpu and not line.startswith("#")]
    assert left_out == [
        "LABEL com.amazonaws.sagemaker.capabilities.multi-models=true",  # on GPUs that is Triton's alone
        "COPY model_code/digits/requirements.txt ./",
        "RUN pip install --no-cache-dir --no-deps -r requirements.txt",
    ]


def test_the_gpu_requirements_differ_in_the_runtime_alone() -> None:
    ours, gpu = (pins(name) for name in ("requirements.txt", "requirements-gpu.txt"))
    assert ours - gpu == {next(pin for pin in ours if pin.startswith("onnxruntime=="))}
    assert {pin.partition("==")[0].split("-")[0] for pin in gpu - ours} == {"onnxruntime", "nvidia"}
    assert "onnxruntime-gpu==1.26.0" in gpu  # later ones want CUDA 13, which the default driver of ml.g6 does not run


def pins(name: str) -> set[str]:
    lines = (FOLDER / name).read_text().splitlines()
    found = {line for line in lines if not line.startswith("#")}
    assert all("==" in pin for pin in found)
    return found
