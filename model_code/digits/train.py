"""Trains the digits model: `python -m model_code.container train`, SM_HPS='{"algorithm": "…"}'."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model_code import training
from model_code.algorithms import Algorithm
from model_code.digits.data import load
from model_code.digits.graph import to_onnx
from model_code.digits.network import Layer, Network
from model_code.digits.spec import DARKEST, SIDE, SPEC

_CLASSES = len(SPEC.inputs.classes)


def _one(*, channels: int, **settings: float) -> Network:
    return _network(Layer(channels, 3, 1, 1), Layer(_CLASSES, SIDE, 1, 0), **settings)


def _two(*, channels: int, **settings: float) -> Network:
    halved = SIDE // 2
    return _network(Layer(channels, 3, 1, 1), Layer(2 * channels, 3, 2, 1), Layer(_CLASSES, halved, 1, 0), **settings)


def _network(*layers: Layer, seed: float, epochs: float, learning_rate: float) -> Network:
    return Network(layers, SIDE, DARKEST, seed=int(seed), epochs=int(epochs), learning_rate=learning_rate)


def _convolutional(build: Callable[..., Network], channels: int) -> Algorithm:
    return Algorithm(
        build=build,
        defaults={"seed": 0, "channels": channels, "epochs": 30, "learning_rate": 0.003},
        export=to_onnx,
        libraries=("numpy", "onnx", "scikit-learn"),
    )


ALGORITHMS = {"one-convolution": _convolutional(_one, 32), "two-convolutions": _convolutional(_two, 16)}


def train(environment: Mapping[str, str]) -> None:
    """Writes model.onnx and metadata.json to SM_MODEL_DIR; the channel's rows take the carried ones' place."""
    training.train(SPEC, load, ALGORITHMS, environment)
