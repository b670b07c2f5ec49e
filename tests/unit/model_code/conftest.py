"""One trained model for all tests, and real servers of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model_code.breast_cancer.train import train

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Served:
    """A server process: what it said when it began to listen, and a way to ask it."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(
        self, body: bytes = b"", path: str = "/invocations", method: str = "POST", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def stop(self) -> tuple[int, list[dict[str, Any]]]:
        """Exit status after SIGTERM, and every further line of the log."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, [json.loads(line) for line in output.splitlines()]


@contextlib.contextmanager
def serving(model: Path, cwd: Path = ROOT, code: str = "breast_cancer", **environment: str) -> Iterator[Served]:
    """Runs `container serve` on a free port for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "model_code.container", "serve"],
        cwd=cwd,
        env={
            **os.environ,
            "TAKEOFF_MODEL_CODE": code,
            "SM_MODEL_DIR": str(model),
            "SAGEMAKER_BIND_TO_PORT": "0",
            "TAKEOFF_MODEL_VERSION": "0123456789ab",
            **environment,
        },
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["event"] == "listening"
        yield Served(process, first["port"])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a breast-cancer model trained by logistic regression."""
    folder = tmp_path_factory.mktemp("model")
    train({"SM_MODEL_DIR": str(folder), "SM_HPS": '{"algorithm": "logistic-regression"}'})
    return folder


@pytest.fixture(scope="session")
def served(model: Path) -> Iterator[Served]:
    """A running server that all tests may ask."""
    with serving(model) as server:
        yield server


@pytest.fixture
def serve() -> Callable[..., contextlib.AbstractContextManager[Served]]:
    """Starts a server of a test's own."""
    return serving
