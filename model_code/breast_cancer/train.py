"""Trains the breast-cancer model: `python -m model_code.container train`, SM_HPS='{"algorithm": "…"}'."""

from __future__ import annotations

from collections.abc import Mapping

from model_code import training
from model_code.algorithms import TABULAR
from model_code.breast_cancer.data import load
from model_code.breast_cancer.spec import SPEC

ALGORITHMS = TABULAR


def train(environment: Mapping[str, str]) -> None:
    """Writes model.onnx and metadata.json to SM_MODEL_DIR; the channel's rows take the carried ones' place."""
    training.train(SPEC, load, ALGORITHMS, environment)
