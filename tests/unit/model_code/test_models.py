"""The multi-model contract, at the ASGI edge and from a real process.

https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
"""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from model_code.breast_cancer.data import held_out
from model_code.breast_cancer.spec import SPEC
from model_code.server import models
from model_code.server.log import Log
from model_code.server.models import Models
from model_code.server.predictor import Predictor

ROW = json.dumps({"instances": [held_out()[0][0].astype(float).tolist()]}).encode()
JSON = {"content-type": "application/json"}
Answer = tuple[int, dict[str, str], Any]
TARGET = f"{'0123456789ab' + 'c' * 52}/model.tar.gz"


class Asked:
    """An app, asked as a server asks it, and what it logged."""

    def __init__(self, memory: int = 1 << 30) -> None:
        self.stream = io.StringIO()
        self.log = Log(self.stream)
        self.app = Models(SPEC, self.log, memory)

    def run(self, *steps: Coroutine[Any, Any, Answer]) -> list[Answer]:
        async def all_of_them() -> list[Answer]:
            return [await step for step in steps]

        return asyncio.run(all_of_them())

    async def __call__(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        await self.app(scope, receive, send)
        start, content = sent
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], answered, json.loads(content["body"])

    def load(self, name: str, folder: Path) -> Coroutine[Any, Any, Answer]:
        return self("POST", "/models", json.dumps({"model_name": name, "url": str(folder)}).encode())

    def events(self) -> list[dict[str, Any]]:
        self.log.flush()
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def other(model: Path, tmp_path: Path) -> Path:
    """The same artifact in another folder, as SageMaker would unpack another target."""
    return Path(shutil.copytree(model, tmp_path / "other"))


def test_models_are_loaded_listed_described_invoked_and_unloaded(model: Path, other: Path) -> None:
    ask = Asked()
    empty, first, second, listed, one, answer, gone, left = ask.run(
        ask("GET", "/models"),
        ask.load("a", model),
        ask.load("b", other),
        ask("GET", "/models"),
        ask("GET", "/models/b"),
        ask("POST", "/models/b/invoke", ROW, x_amzn_sagemaker_target_model=TARGET),
        ask("DELETE", "/models/a"),
        ask("GET", "/models"),
    )
    assert (empty[0], empty[2]) == (200, {"models": []})
    assert (first[0], second[0]) == (200, 200)
    entries = [{"modelName": "a", "modelUrl": str(model)}, {"modelName": "b", "modelUrl": str(other)}]
    assert listed[2] == {"models": entries}
    assert (one[0], one[2]) == (200, entries[1])
    assert answer[0] == 200
    assert set(answer[2]) == {"predictions", "probabilities"}
    assert gone[0] == 200
    assert left[2] == {"models": entries[1:]}
    assert [event["event"] for event in ask.events()] == ["loaded", "loaded", "invocation", "unloaded"]


def test_an_answer_names_the_version_that_its_target_names(model: Path) -> None:
    ask = Asked()
    *_, ours, again, theirs = ask.run(
        ask.load("a", model),
        ask.load("b", model),
        ask("POST", "/models/a/invoke", ROW, x_amzn_sagemaker_target_model=TARGET),
        ask("POST", "/models/a/invoke", ROW),
        ask("POST", "/models/b/invoke", ROW, x_amzn_sagemaker_target_model='shops/"7".tar.gz'),
    )
    assert [answer[1]["x-model-version"] for answer in (ours, again)] == ["0123456789ab"] * 2
    assert ours[1]["x-amzn-sagemaker-custom-attributes"] == "version=0123456789ab"
    assert theirs[1]["x-model-version"] == "shops__7_.tar.gz"
    invoked = [event["version"] for event in ask.events() if event["event"] == "invocation"]
    assert invoked == ["0123456789ab", "0123456789ab", "shops__7_.tar.gz"]


def test_a_model_that_is_not_loaded_is_404_and_one_that_is_cannot_be_loaded_again(model: Path) -> None:
    ask = Asked()
    *refused, loaded, twice = ask.run(
        ask("GET", "/models/a"),
        ask("DELETE", "/models/a"),
        ask("POST", "/models/a/invoke", ROW),
        ask.load("a", model),
        ask.load("a", model),
    )
    assert [(answer[0], answer[2]["error"]) for answer in refused] == [(404, "no such model is loaded")] * 3
    assert loaded[0] == 200
    assert (twice[0], twice[2]["error"]) == (409, "the model is loaded already")


def test_what_does_not_fit_is_507_until_something_is_unloaded(model: Path, other: Path) -> None:
    size = sum(file.stat().st_size for file in model.iterdir())
    ask = Asked(memory=2 * size - 1)
    _, full, kept = ask.run(ask.load("a", model), ask.load("b", other), ask("GET", "/models"))
    assert (full[0], full[2]["error"]) == (507, "no memory for the model")
    assert full[2]["allowed"] == f"{size - 1} of {2 * size - 1} bytes are free; unload others"
    assert [entry["modelName"] for entry in kept[2]["models"]] == ["a"]
    _, freed = ask.run(ask("DELETE", "/models/a"), ask.load("b", other))
    assert freed[0] == 200


def test_while_a_model_loads_others_answer_and_its_name_and_memory_are_taken(
    model: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(folder: Path, spec: Any) -> Predictor:
        if folder == other:
            begun.set()
            assert may_end.wait(20)
        return Predictor(folder, spec)

    monkeypatch.setattr(models, "Predictor", slow)
    size = sum(file.stat().st_size for file in model.iterdir())
    ask = Asked(memory=2 * size)

    async def play() -> list[int]:
        await ask.load("a", model)
        loading = asyncio.create_task(ask.load("b", other))
        await asyncio.to_thread(begun.wait, 20)
        meanwhile = [
            await ask("POST", "/models/a/invoke", ROW),
            await ask("POST", "/models/b/invoke", ROW),
            await ask.load("b", other),
            await ask.load("c", model),
            await ask("GET", "/ping"),
        ]
        may_end.set()
        return [answer[0] for answer in (*meanwhile, await loading, await ask("POST", "/models/b/invoke", ROW))]

    assert asyncio.run(play()) == [200, 404, 409, 507, 200, 200, 200]


def test_an_artifact_of_another_schema_is_not_loaded_and_leaves_nothing(model: Path, other: Path) -> None:
    metadata = json.loads((other / "metadata.json").read_bytes())
    (other / "metadata.json").write_text(json.dumps(metadata | {"classes": ["no", "yes"]}))
    ask = Asked()
    wrong, missing, listed, right = ask.run(
        ask.load("a", other), ask.load("b", other / "nope"), ask("GET", "/models"), ask.load("a", model)
    )
    assert wrong[0] == 500
    assert "trained for classes" in wrong[2]["error"]
    assert missing[0] == 500
    assert "no readable metadata.json" in missing[2]["error"]
    assert listed[2] == {"models": []}
    assert right[0] == 200
    assert [event["event"] for event in ask.events()] == ["failed", "failed", "loaded"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model_name": "a"}', b'{"model_name": 1, "url": "/x"}'])
def test_a_load_request_that_names_nothing_is_400(body: bytes) -> None:
    ask = Asked()
    ((status, _, said),) = ask.run(ask("POST", "/models", body))
    assert status == 400
    assert "model_name" in said["allowed"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/invocations"),
        ("GET", "/"),
        ("POST", "*"),
        ("PUT", "/models"),
        ("GET", "/models/a/invoke"),
        ("POST", "/models/a/b/invoke"),
    ],
)
def test_every_other_path_is_404(method: str, path: str) -> None:
    ask = Asked()
    assert ask.run(ask(method, path))[0][0] == 404


def test_a_bad_request_to_a_model_is_refused_as_on_an_endpoint_of_its_own(model: Path) -> None:
    ask = Asked()
    *_, status = ask.run(
        ask.load("a", model), ask("POST", "/models/a/invoke", b"{"), ask("POST", "/models/a/invoke", b"", accept="a/b")
    )
    assert status[0] == 406


def test_a_real_server_holds_several_models(
    model: Path, other: Path, tmp_path: Path, serve: Callable[..., AbstractContextManager[Any]]
) -> None:
    with serve(tmp_path / "no model", SAGEMAKER_MULTI_MODEL="true") as server:
        assert server.ask(path="/ping", method="GET")[0] == 200
        for name, folder in (("a", model), ("b", other)):
            order = json.dumps({"model_name": name, "url": str(folder)}).encode()
            assert server.ask(order, "/models", content_type="application/json")[0] == 200
        headers = {"X-Amzn-SageMaker-Target-Model": TARGET, "content_type": "application/json"}
        status, answered, answer = server.ask(ROW, "/models/b/invoke", **headers)
        assert (status, answered["x-model-version"]) == (200, "0123456789ab")
        assert json.loads(answer)["predictions"][0] in SPEC.inputs.classes
        assert server.ask(path="/models/b", method="DELETE")[0] == 200
        assert server.ask(ROW, "/models/b/invoke", **headers)[0] == 404
        assert server.ask(ROW, **headers)[0] == 404
        status, lines = server.stop()
    assert status == 0
    assert [line["event"] for line in lines if "name" in line] == ["loaded", "loaded", "unloaded"]
