"""The same training makes the same bytes in every process, whatever order its sets happen to have."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("algorithm", ["logistic-regression", "gradient-boosting"])
def test_processes_of_different_hash_seeds_train_the_same_bytes(tmp_path: Path, algorithm: str) -> None:
    digests = set()
    for seed in ("5", "6"):  # without the fixed order these two differ
        folder = tmp_path / seed
        env = {**os.environ, "PYTHONHASHSEED": seed, "TAKEOFF_MODEL_CODE": "breast_cancer"}
        env |= {"SM_MODEL_DIR": str(folder), "SM_HPS": f'{{"algorithm": "{algorithm}"}}'}
        subprocess.run(
            [sys.executable, "-m", "model_code.container", "train"], env=env, check=True, capture_output=True
        )
        digests.add(hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest())
    assert len(digests) == 1
