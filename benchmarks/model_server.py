"""CPU per request of our model server beside mlflow's, in one run on one machine.

Both serve the same model.onnx with one thread and get the same bytes of JSON over loopback; their answers are compared
before anything is timed. mlflow lives in an environment of its own, .takeoff/bench-venv, made on first use. Server CPU
is the figure to compare: requests per second also depend on the client, which shares the machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, say
from benchmarks.results import REPOSITORY
from benchmarks.server import Server, free_port, running

REQUIREMENTS = REPOSITORY / "benchmarks" / "requirements-mlflow.txt"
VENV = REPOSITORY / ".takeoff" / "bench-venv"


def measure(*, quick: bool) -> list[Figure]:
    """Alternating rounds, ours and mlflow's. Raises SystemExit when the two disagree about the answer."""
    requests, rounds = (200, 2) if quick else (2000, 5)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        work = Path(folder)
        _train(work / "model")
        body = _payload()
        ours, theirs = (stack.enter_context(start) for start in (_ours(work / "model"), _mlflow(work)))
        _require_same_answers(ours, theirs, body)
        for server in (ours, theirs):
            server.ask(body, requests // 4)  # warm: caches filled, frequencies up
        for number in range(rounds):
            say(f"model servers, round {number + 1} of {rounds} ({requests} requests to each)")
            for server in (ours, theirs):
                server.measure(body, requests)
    ratios = [more / less for more, less in zip(theirs.cpu_us, ours.cpu_us, strict=True)]
    return [
        Figure(name="model server, CPU per request", unit="µs", values=ours.cpu_us),
        Figure(name="mlflow's server, CPU per request", unit="µs", values=theirs.cpu_us),
        Figure(name="mlflow's CPU over ours, round by round", unit="×", values=ratios),
        Figure(name="model server, requests per second", unit="", values=ours.per_second),
        Figure(name="mlflow's server, requests per second", unit="", values=theirs.per_second),
    ]


def _train(folder: Path) -> None:
    _container("train", SM_MODEL_DIR=str(folder), SM_HPS='{"algorithm": "gradient-boosting"}').wait()
    assert (folder / "model.onnx").exists(), "training failed; its message stands above"


def _payload() -> bytes:
    from model_code.breast_cancer.data import held_out

    return json.dumps({"instances": np.round(held_out()[0][:1].astype(float), 6).tolist()}).encode()


def _container(command: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "model_code.container", command],
        cwd=REPOSITORY,
        env={**os.environ, "TAKEOFF_MODEL_CODE": "breast_cancer", **environment},
        stdout=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def _ours(model: Path) -> Iterator[Server]:
    port = free_port()
    process = _container("serve", SM_MODEL_DIR=str(model), SAGEMAKER_BIND_TO_PORT=str(port))
    with running(Server("takeoff", process, port)) as server:
        yield server


@contextlib.contextmanager
def _mlflow(work: Path) -> Iterator[Server]:
    python = _mlflow_python()
    script = str(REPOSITORY / "benchmarks" / "mlflow_model.py")
    model = str(work / "model" / "model.onnx")
    saved = subprocess.run([python, script, model, str(work / "mlflow")], cwd=work, capture_output=True, text=True)
    if saved.returncode:
        raise SystemExit(f"mlflow did not save the model:\n{saved.stderr[-2000:]}")
    port = free_port()
    process = subprocess.Popen(  # what `mlflow models serve --env-manager local` runs
        [python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "mlflow.pyfunc.scoring_server.app:app"],
        cwd=work,
        env={**os.environ, "__pyfunc_model_path__": (work / "mlflow").as_uri()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with running(Server("mlflow", process, port)) as server:
        yield server


def _mlflow_python() -> str:
    """The interpreter of mlflow's environment, made when the pinned requirements are new to it."""
    python, stamp = VENV / "bin" / "python", VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"installing mlflow into {VENV.relative_to(REPOSITORY)} (once; 370 MB)")
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], check=True)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--no-deps", "--python", str(python)]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return str(python)


def _require_same_answers(ours: Server, theirs: Server, body: bytes) -> None:
    mine, other = (json.loads(server.ask(body, 1)) for server in (ours, theirs))
    if not np.allclose(mine["probabilities"], other["predictions"], atol=1e-6):
        raise SystemExit(f"the servers disagree: takeoff {mine}, mlflow {other}")
