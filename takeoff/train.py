"""Training a model's first versions on this machine, with the command that its container runs."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from model_code import artifact as artifacts
from model_code.contract import SpecError, load_spec
from takeoff.stack import CommandError


def train(code: str, folder: Path, count: int) -> Iterator[Path]:
    """Train `count` versions, one per algorithm of model_code/<code>/train.py, and yield each artifact.

    Raises CommandError when the model has fewer algorithms, or when training fails, with the tail of what it printed.
    """
    algorithms = _algorithms(code)
    if count > len(algorithms):
        raise CommandError(
            f"train: got {count} versions of {code}; allowed: at most {len(algorithms)} ({', '.join(algorithms)})"
        )
    for algorithm in algorithms[:count]:
        target = folder / algorithm / artifacts.NAME
        with tempfile.TemporaryDirectory() as scratch:
            _run(code, algorithm, Path(scratch))
            artifacts.pack(Path(scratch) / "model", target)
        yield target


def _algorithms(code: str) -> tuple[str, ...]:
    try:
        load_spec(code)  # says so when the model is not ours to train
        return tuple(importlib.import_module(f"model_code.{code}.train").ALGORITHMS)
    except SpecError as error:
        raise CommandError(f"train: {error}") from error
    except ModuleNotFoundError as error:
        raise CommandError(f"train: {error}; install the extra: pip install -e '.[models]'") from error


def _run(code: str, algorithm: str, scratch: Path) -> None:
    env = {
        **os.environ,
        "TAKEOFF_MODEL_CODE": code,
        "SM_MODEL_DIR": str(scratch / "model"),
        "SM_OUTPUT_DATA_DIR": str(scratch / "output"),
        "SM_HPS": json.dumps({"algorithm": algorithm}),
    }
    command = [sys.executable, "-m", "model_code.container", "train"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"train: {code} with {algorithm} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
