"""One small version of the synthetic model for all tests of changed graphs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_code import artifact, training
from model_code.risk.data import load
from model_code.risk.spec import SPEC
from model_code.risk.train import ALGORITHMS


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model.tar.gz of a version of the synthetic model."""
    folder = tmp_path_factory.mktemp("trained")
    environment = {"SM_MODEL_DIR": str(folder / "files"), "SM_HPS": json.dumps({"algorithm": "logistic-regression"})}
    training.train(SPEC, load, ALGORITHMS, environment)
    artifact.pack(folder / "files", folder / artifact.NAME)
    return folder / artifact.NAME
