"""The same training makes the same bytes in every process, whatever order its sets happen to have."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("code", "hyperparameters"),
    [
        ("breast_cancer", {"algorithm": "logistic-regression"}),
        ("breast_cancer", {"algorithm": "gradient-boosting"}),
        ("risk", {"algorithm": "logistic-regression"}),
        ("risk", {"algorithm": "gradient-boosting"}),
        ("digits", {"algorithm": "one-convolution", "epochs": 3}),
        ("digits", {"algorithm": "two-convolutions", "epochs": 3}),
    ],
)
def test_processes_of_different_hash_seeds_train_the_same_bytes(
    tmp_path: Path, code: str, hyperparameters: dict[str, object]
) -> None:
    digests = set()
    for seed, threads in (("5", "1"), ("6", "2")):  # without the fixed order these two seeds differ
        folder = tmp_path / seed
        # The last bit of a sum must not follow the number of threads either.
        env = {**os.environ, "PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads, "TAKEOFF_MODEL_CODE": code}
        env |= {"SM_MODEL_DIR": str(folder), "SM_HPS": json.dumps(hyperparameters)}
        subprocess.run(
            [sys.executable, "-m", "model_code.container", "train"], env=env, check=True, capture_output=True
        )
        digests.add(hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest())
    assert len(digests) == 1
