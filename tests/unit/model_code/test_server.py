"""The server over a real socket, as SageMaker and the local data plane meet it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from model_code.breast_cancer.data import held_out
from model_code.breast_cancer.spec import SPEC

Serve = Callable[..., AbstractContextManager[Any]]
VALUES = held_out()[0][:20]
ROW = VALUES[0].astype(float).tolist()
BODY = json.dumps({"instances": [ROW]}).encode()
JSON = {"content_type": "application/json"}


@pytest.fixture(scope="module")
def expected(model: Path) -> Any:
    session = onnxruntime.InferenceSession(str(model / "model.onnx"))
    return session.run(["probabilities"], {"inputs": VALUES})[0]


def npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def test_ping_answers_at_once(served: Any) -> None:
    status, headers, _ = served.ask(path="/ping", method="GET")
    assert (status, headers["x-model-version"]) == (200, "0123456789ab")


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-npy"])
def test_predictions_equal_onnxruntime_s_own_for_every_content_type(kind: str, served: Any, expected: Any) -> None:
    body = {
        "application/json": json.dumps({"instances": VALUES.tolist()}).encode(),
        "text/csv": "\n".join(",".join(map(str, row)) for row in VALUES.tolist()).encode(),
        "application/x-npy": npy(VALUES),
    }[kind]
    status, headers, answer = served.ask(body, content_type=kind)
    assert status == 200
    assert headers["x-amzn-sagemaker-custom-attributes"] == "version=0123456789ab"
    assert headers["x-model-version"] == "0123456789ab"
    assert np.array_equal(np.array(json.loads(answer)["probabilities"], dtype=np.float32), expected)
    classes = SPEC.inputs.classes
    assert json.loads(answer)["predictions"] == [classes[index] for index in expected.argmax(axis=1)]


def test_the_answer_comes_in_the_accepted_type(served: Any, expected: Any) -> None:
    _, headers, answer = served.ask(npy(VALUES), content_type="application/x-npy", accept="application/x-npy")
    assert headers["content-type"] == "application/x-npy"
    assert np.array_equal(np.load(io.BytesIO(answer)), expected)
    _, headers, answer = served.ask(BODY, **JSON, accept="text/csv")
    assert headers["content-type"] == "text/csv"
    label, *probabilities = answer.decode().strip().split(",")
    assert label == SPEC.inputs.classes[int(expected[0].argmax())]
    # A row alone and a row among others may differ in the last bit: onnxruntime adds them up in another order.
    assert np.allclose(np.array(probabilities, dtype=float), expected[0], atol=1e-6)


def test_rows_by_name_answer_as_rows_by_position(served: Any) -> None:
    named = json.dumps({"instances": [dict(reversed(list(zip(SPEC.inputs.names, ROW, strict=True))))]}).encode()
    assert served.ask(named, **JSON)[2] == served.ask(BODY, **JSON)[2]


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        (b'{"instances": [[1, 2]]}', JSON, 400, "wrong number of features"),
        (b'{"instances": [{"mean_radius": 1}]}', JSON, 400, "missing feature"),
        (BODY.replace(b"[[", b"[[NaN, ", 1), JSON, 400, "wrong number of features"),
        (json.dumps({"instances": [[float("nan"), *ROW[1:]]]}).encode(), JSON, 400, "not a finite number"),
        (json.dumps({"instances": [[-1, *ROW[1:]]]}).encode(), JSON, 400, "out of bounds"),
        (b"{", JSON, 400, "malformed JSON"),
        (b"", JSON, 400, "malformed JSON"),
        (b"not an array", {"content_type": "application/x-npy"}, 400, "not a .npy file"),
        (BODY, {}, 415, "wrong content type"),
        (BODY, {"content_type": "application/x-python-pickle"}, 415, "wrong content type"),
        (BODY, {**JSON, "accept": "text/html"}, 406, "no answer of the accepted type"),
        (
            npy(np.zeros((10_001, 30), dtype=np.float32)),
            {"content_type": "application/x-npy"},
            400,
            "wrong number of rows",
        ),
        (b" " * (6 * 1024 * 1024 + 1), JSON, 413, "the body is too large"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong_and_what_is_allowed(
    body: bytes, headers: dict[str, str], status: int, error: str, served: Any
) -> None:
    got, answered, answer = served.ask(body, **headers)
    said = json.loads(answer)
    assert got == status
    assert said["error"].startswith(error)
    assert said["allowed"]
    assert answered["content-type"] == "application/json"
    assert answered["x-model-version"] == "0123456789ab"


def test_a_body_of_exactly_six_megabytes_is_read(served: Any) -> None:
    assert served.ask(BODY.ljust(6 * 1024 * 1024), **JSON)[0] == 200


def test_a_declared_size_is_refused_before_the_body_comes(served: Any) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 6291457\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_cannot_hide_its_size(served: Any) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"100000\r\n" + b"1" * 0x100000 + b"\r\n"
        for _ in range(7):
            connection.sendall(chunk)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/invocations", 405), ("POST", "/ping", 405), ("GET", "/", 404), ("DELETE", "/nope", 404)],
)
def test_other_paths_and_methods_are_refused(method: str, path: str, status: int, served: Any) -> None:
    assert served.ask(path=path, method=method)[0] == status


def test_one_bad_request_does_not_end_its_connection(served: Any) -> None:
    def request(body: bytes) -> bytes:
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        return f"{head}\r\n\r\n".encode() + body

    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        for body, status in [(b"{", b"400"), (BODY, b"200"), (b"{}", b"400"), (BODY, b"200")]:
            connection.sendall(request(body))
            assert _answer(connection).split(b" ")[1] == status


def test_every_request_leaves_one_line_that_ties_it_to_its_version_and_outcome(model: Path, serve: Serve) -> None:
    with serve(model) as server:
        attributes = {"X-Amzn-SageMaker-Inference-Id": "loan-7", "X-Amzn-SageMaker-Custom-Attributes": 'caller="a"'}
        server.ask(BODY, **JSON, **attributes)
        server.ask(npy(VALUES[:1]), content_type="application/x-npy")
        server.ask(b'{"instances": "\n"}', **JSON)
        status, lines = server.stop()
    assert status == 0
    by_json, by_npy, refused, stopped = lines
    assert by_json["event"] == "invocation"
    assert (by_json["version"], by_json["status"], by_json["rows"]) == ("0123456789ab", 200, 1)
    assert (by_json["outcome_id"], by_json["caller"]) == ("loan-7", 'caller="a"')
    assert by_json["ms"] > 0
    assert len(by_json["input_sha256"]) == 16
    assert by_npy["input_sha256"] == by_json["input_sha256"]
    assert (refused["status"], refused["input_sha256"]) == (400, "")
    assert refused["refusal"].startswith("malformed JSON")
    assert stopped["event"] == "stopped"


def test_a_request_in_flight_is_answered_before_the_server_ends(model: Path, serve: Serve) -> None:
    with serve(model) as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}"
        connection.sendall(f"{head}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert b"100 Continue" in connection.recv(1000)  # the server has begun to read this very request
        server.process.send_signal(signal.SIGTERM)
        _until_refused(server.port)
        connection.sendall(BODY)
        assert _answer(connection).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(timeout=20) == 0


def _answer(connection: socket.socket) -> bytes:
    """One whole answer: its head and as much body as that declares."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += _some(connection)
    return head


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    assert data, "the server closed the connection before its answer was whole"
    return data


def _until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except (TimeoutError, ConnectionResetError):  # the handshake met the listener while it closed
            continue
    raise AssertionError("the server still accepts connections 20 s after SIGTERM")


def test_a_server_ends_with_its_parent_when_told_to(model: Path) -> None:
    parent = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-m', 'model_code.container', 'serve']);"
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    environment = {"TAKEOFF_MODEL_CODE": "breast_cancer", "SM_MODEL_DIR": str(model), "SAGEMAKER_BIND_TO_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        env={**os.environ, **environment, "TAKEOFF_EXIT_WITH_PARENT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    server = int(process.stdout.readline())
    try:
        assert b"listening" in process.stdout.readline()
        process.kill()
        # Once the parent is dead the pipe is the server's alone: it reaches its end when the server does.
        output, _ = process.communicate(timeout=20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
    assert b"stopped" in output


def failing(*arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "model_code.container", *arguments],
        env={**os.environ, "TAKEOFF_MODEL_CODE": "breast_cancer", "SAGEMAKER_BIND_TO_PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stderr


def test_a_server_that_cannot_start_says_why(model: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, said = failing("serve", SM_MODEL_DIR=str(model), SAGEMAKER_BIND_TO_PORT=port)
    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert failing("serve", SM_MODEL_DIR=str(tmp_path))[1].startswith("takeoff: no readable metadata.json in")
    assert "TAKEOFF_MODEL_VERSION must be" in failing("serve", TAKEOFF_MODEL_VERSION="a\nb")[1]
    assert "SAGEMAKER_BIND_TO_PORT must be" in failing("serve", SAGEMAKER_BIND_TO_PORT="http")[1]
    assert "no model code 'nope'" in failing("serve", TAKEOFF_MODEL_CODE="nope")[1]
    assert failing("dance")[0] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features": ["age"]}, "trained for features"),
        ({"classes": ["no", "yes"]}, "trained for classes"),
        ({"example_probabilities": [[0.5, 0.5]]}, "self-test: the model answers"),
        ({"example": None}, "lacks"),
    ],
)
def test_a_model_that_is_not_what_it_was_trained_to_be_is_not_served(
    change: dict[str, Any], said: str, model: Path, tmp_path: Path
) -> None:
    metadata = json.loads((model / "metadata.json").read_bytes()) | change
    kept = {key: value for key, value in metadata.items() if value is not None}
    (tmp_path / "metadata.json").write_text(json.dumps(kept))
    (tmp_path / "model.onnx").write_bytes((model / "model.onnx").read_bytes())
    from model_code.server.predictor import ModelError, Predictor

    with pytest.raises(ModelError, match=said):
        Predictor(tmp_path, SPEC)


def test_a_model_file_that_is_none_is_not_served(model: Path, tmp_path: Path) -> None:
    from model_code.server.predictor import ModelError, Predictor

    (tmp_path / "metadata.json").write_bytes((model / "metadata.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="does not load"):
        Predictor(tmp_path, SPEC)


def test_a_gpu_that_is_promised_and_missing_is_not_served_by_the_cpu(model: Path) -> None:
    status, said = failing("serve", SM_MODEL_DIR=str(model), TAKEOFF_ACCELERATOR="gpu")
    assert status == 2
    assert "TAKEOFF_ACCELERATOR promises CUDAExecutionProvider" in said


class Cuda:
    """onnxruntime as its CUDA edition is on a machine with a GPU, which answers as the CPU does."""

    def __init__(self, *arguments: Any, providers: list[str]) -> None:
        self._providers = providers
        self._session = onnxruntime.InferenceSession(*arguments, providers=["CPUExecutionProvider"])

    def get_providers(self) -> list[str]:
        return self._providers

    def run(self, *arguments: Any) -> Any:
        return self._session.run(*arguments)


@pytest.mark.parametrize(
    ("accelerator", "providers"),
    [("gpu", ["CUDAExecutionProvider", "CPUExecutionProvider"]), ("none", ["CPUExecutionProvider"])],
)
def test_the_graph_runs_where_the_image_promises(
    accelerator: str, providers: list[str], model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_code.server import predictor

    asked: list[list[str]] = []

    def session(*arguments: Any, providers: list[str]) -> Cuda:
        asked.append(providers)
        return Cuda(*arguments, providers=providers)

    edition = SimpleNamespace(
        SessionOptions=onnxruntime.SessionOptions,
        InferenceSession=session,
        preload_dlls=lambda: None,
        get_available_providers=lambda: ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    monkeypatch.setattr(predictor, "onnxruntime", edition)
    predictor.Predictor(model, SPEC, accelerator)
    assert asked == [providers]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TAKEOFF_ACCELERATOR": "neuron"}, "TAKEOFF_ACCELERATOR must be one of none, gpu, got 'neuron'"),
        ({"SAGEMAKER_MULTI_MODEL": "true", "TAKEOFF_ACCELERATOR": "gpu"}, "on GPUs only Triton may do it"),
        ({"SAGEMAKER_MULTI_MODEL": "true", "TAKEOFF_MODELS_MEMORY_MB": "0"}, "TAKEOFF_MODELS_MEMORY_MB must be"),
    ],
)
def test_a_setting_that_cannot_be_is_named(environment: dict[str, str], said: str) -> None:
    status, printed = failing("serve", **environment)
    assert status == 2
    assert said in printed


def test_a_model_of_text_is_not_ours_to_serve_or_train() -> None:
    for command in ("serve", "train"):
        status, said = failing(command, TAKEOFF_MODEL_CODE="open_llm")
        assert status == 2
        assert "takes text and no rows of a schema" in said


def test_a_training_job_that_fails_leaves_its_reason_where_sagemaker_looks(tmp_path: Path) -> None:
    status, said = failing(
        "train", SM_HPS='{"algorithm": "magic"}', SM_OUTPUT_DATA_DIR=str(tmp_path / "data"), SM_MODEL_DIR=str(tmp_path)
    )
    assert status == 2
    assert said.startswith("takeoff: hyperparameter 'algorithm': got 'magic', allowed: logistic-regression")
    assert "got 'magic'" in (tmp_path / "failure").read_text()
