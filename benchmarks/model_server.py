"""CPU per request and requests per second of our model server, beside mlflow's, in one run on one machine.

`python benchmarks/model_server.py [--quick] [--json]`. Both serve the same model.onnx with one thread and get the same
bytes of JSON over loopback; their answers are compared before anything is timed. mlflow lives in an environment of its
own, .takeoff/bench-venv, made on first use. Server CPU is the figure to compare: requests per second also depend on the
client, which shares the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "benchmarks" / "requirements-mlflow.txt"
VENV = REPOSITORY / ".takeoff" / "bench-venv"
CONNECTIONS = 8
START_SECONDS = 60


@dataclass
class Server:
    """One running server and what it was measured to do."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    cpu_us: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)

    def cpu(self) -> float:
        """CPU seconds, user and system, that the process has used, by the kernel's own clock of it."""
        if sys.platform == "linux":
            return time.clock_gettime((~self.process.pid << 3) | 2)  # clock_getcpuclockid(3), in nanoseconds
        text = subprocess.check_output(["ps", "-o", "cputime=", "-p", str(self.process.pid)], text=True)
        parts = [float(part) for part in text.strip().split(":")]
        return sum(part * 60**power for power, part in enumerate(reversed(parts)))

    def ask(self, body: bytes, requests: int) -> bytes:
        """Sends the request so many times over kept-alive connections, and returns the last answer's body."""
        head = "POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
        request = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        with contextlib.ExitStack() as stack:
            sockets = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self.port))) for _ in range(CONNECTIONS)
            ]
            for connection in sockets:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = b""
            for _ in range(-(-requests // CONNECTIONS)):
                for connection in sockets:
                    connection.sendall(request)
                for connection in sockets:
                    answer = _read_answer(connection)
        return answer

    def measure(self, body: bytes, requests: int) -> None:
        """Adds one round's figures."""
        rounded = -(-requests // CONNECTIONS) * CONNECTIONS
        cpu, wall = self.cpu(), time.perf_counter()
        self.ask(body, rounded)
        self.cpu_us.append((self.cpu() - cpu) / rounded * 1e6)
        self.per_second.append(rounded / (time.perf_counter() - wall))


def main() -> int:
    """Prints the figures; exits non-zero when the servers disagree about the answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer requests: shows that it works, not how fast it is")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    requests, rounds = (200, 2) if options.quick else (2000, 3)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        work = Path(folder)
        _train(work / "model")
        body = _payload()
        servers = [stack.enter_context(_ours(work / "model")), stack.enter_context(_mlflow(work))]
        _require_same_answers(servers, body)
        for server in servers:
            server.ask(body, requests // 4)  # warm: caches filled, frequencies up
        for _ in range(rounds):
            for server in servers:
                server.measure(body, requests)
    _report(servers, requests, rounds, as_json=options.json)
    return 0


def _report(servers: list[Server], requests: int, rounds: int, *, as_json: bool) -> None:
    figures = {
        server.name: {"cpu_us_per_request": _spread(server.cpu_us), "requests_per_second": _spread(server.per_second)}
        for server in servers
    }
    ours, theirs = (statistics.median(server.cpu_us) for server in servers)
    if as_json:
        print(json.dumps({"requests": requests, "rounds": rounds, **figures, "cpu_ratio": round(theirs / ours, 1)}))
        return
    print(f"One JSON row of 30 features, {rounds} alternating rounds of {requests} requests, {CONNECTIONS} connections")
    print(f"{'':10}{'CPU per request, us':>34}{'requests per second':>34}")
    print(f"{'':10}" + f"{'min':>12}{'median':>11}{'max':>11}" * 2)
    for name, figure in figures.items():
        print(
            f"{name:10}"
            + "".join("{min:>12,.0f}{median:>11,.0f}{max:>11,.0f}".format(**one) for one in figure.values())
        )
    print(f"mlflow uses {theirs / ours:.1f} times the CPU per request")


def _spread(values: list[float]) -> dict[str, float]:
    return {name: round(of(values), 1) for name, of in (("min", min), ("median", statistics.median), ("max", max))}


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
    port = _free_port()
    process = _container("serve", SM_MODEL_DIR=str(model), SAGEMAKER_BIND_TO_PORT=str(port))
    with _running(Server("takeoff", process, port)) as server:
        yield server


@contextlib.contextmanager
def _mlflow(work: Path) -> Iterator[Server]:
    python = _mlflow_python()
    script = str(REPOSITORY / "benchmarks" / "mlflow_model.py")
    model = str(work / "model" / "model.onnx")
    saved = subprocess.run([python, script, model, str(work / "mlflow")], cwd=work, capture_output=True, text=True)
    if saved.returncode:
        raise SystemExit(f"mlflow did not save the model:\n{saved.stderr[-2000:]}")
    port = _free_port()
    process = subprocess.Popen(  # what `mlflow models serve --env-manager local` runs
        [python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "mlflow.pyfunc.scoring_server.app:app"],
        cwd=work,
        env={**os.environ, "__pyfunc_model_path__": (work / "mlflow").as_uri()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with _running(Server("mlflow", process, port)) as server:
        yield server


def _mlflow_python() -> str:
    """The interpreter of mlflow's environment, made when the pinned requirements are new to it."""
    python, stamp = VENV / "bin" / "python", VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing mlflow into {VENV.relative_to(REPOSITORY)} (once, about 380 MB)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return str(python)


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        _wait_for(server)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"{server.name} did not start listening within {START_SECONDS} s")


def _require_same_answers(servers: list[Server], body: bytes) -> None:
    ours, theirs = (json.loads(server.ask(body, 1)) for server in servers)
    if not np.allclose(ours["probabilities"], theirs["predictions"], atol=1e-6):
        raise SystemExit(f"the servers disagree: takeoff {ours}, mlflow {theirs}")


def _read_answer(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {data[:500]!r}")
    while len(body) < int(fields[b"content-length"]):
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise SystemExit("the server closed the connection")
    return data


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
