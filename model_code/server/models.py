"""Many artifacts of one spec behind one port: SageMaker's contract for a container of a multi-model endpoint.

https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json, to_json

from model_code.contract import ModelSpec
from model_code.errors import InputError
from model_code.server.app import App, DisconnectedError, Receive, Scope, Send, read_body
from model_code.server.log import Log
from model_code.server.predictor import Predictor

_LOAD = '{"model_name": name, "url": folder of the unpacked artifact}'
_TARGET = b"x-amzn-sagemaker-target-model"
# How `takeoff register` lays artifacts out below a model's prefix: the target then names the version.
_OUR_LAYOUT = re.compile(r"/?([0-9a-f]{12})[0-9a-f]{52}/model\.tar\.gz")


@dataclass(kw_only=True)
class _Model:
    """One loaded model: `app` is None until its first request has said which target it is."""

    url: str
    size: int
    predictor: Predictor
    app: App | None = None


class Models:
    """Loads, lists, unloads and invokes models by the name that SageMaker gives each.

    Together their files have at most `memory` bytes: SageMaker takes the refusal, 507, as the order to unload others.
    """

    def __init__(self, spec: ModelSpec, log: Log, memory: int) -> None:
        self._spec, self._log, self._memory = spec, log, memory
        self._models: dict[str, _Model] = {}
        self._loading: dict[str, int] = {}  # name → bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one answer; what a model is asked is answered as on an endpoint of its own."""
        _, *path = scope["path"].split("/")
        try:
            if scope["method"] == "POST" and path[:1] + path[2:] == ["models", "invoke"]:
                app = self._app(path[1], dict(scope["headers"]))
                scope["path"] = "/invocations"
                await app(scope, receive, send)
                return
            status, body = 200, await self._manage(scope, path, receive)
        except InputError as error:
            status, body = error.status, error.body()
        except DisconnectedError:
            return
        except Exception as error:  # an artifact that does not load, mostly
            self._log.event("failed", path=scope["path"], error=f"{type(error).__name__}: {error}")
            status, body = 500, {"error": str(error)}
        text = to_json(body)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _manage(self, scope: Scope, path: list[str], receive: Receive) -> dict[str, object]:
        match scope["method"], path:
            case "GET" | "HEAD", ["ping"]:
                return {"status": "ok"}
            case "GET", ["models"]:
                return {"models": [_shown(name, model) for name, model in self._models.items()]}
            case "POST", ["models"]:
                return await self._load(*_order(await read_body(receive, dict(scope["headers"]))))
            case "GET", ["models", name]:
                return _shown(name, self._loaded(name))
            case "DELETE", ["models", name]:
                self._loaded(name)
                del self._models[name]
                self._log.event("unloaded", name=name)
                return {"status": "unloaded"}
        allowed = ["GET /ping", "GET, POST /models", "GET, DELETE /models/NAME", "POST /models/NAME/invoke"]
        raise InputError("no such path", got=f"{scope['method']} {scope['path']}", allowed=allowed, status=404)

    async def _load(self, name: str, url: str) -> dict[str, object]:
        if name in self._models or name in self._loading:
            raise InputError("the model is loaded already", got=name, status=409)
        size = sum(file.stat().st_size for file in Path(url).rglob("*") if file.is_file())
        free = self._memory - sum(model.size for model in self._models.values()) - sum(self._loading.values())
        if size > free:
            allowed = f"{free} of {self._memory} bytes are free; unload others"
            raise InputError("no memory for the model", got=f"{size} bytes", allowed=allowed, status=507)
        self._loading[name] = size
        try:
            # In a thread: a large model takes seconds, and the others go on answering meanwhile.
            predictor = await asyncio.to_thread(Predictor, Path(url), self._spec)
        finally:
            del self._loading[name]
        self._models[name] = _Model(url=url, size=size, predictor=predictor)
        self._log.event("loaded", name=name, url=url, bytes=size)
        return {"status": "loaded"}

    def _loaded(self, name: str) -> _Model:
        if name not in self._models:
            raise InputError("no such model is loaded", got=name, status=404)
        return self._models[name]

    def _app(self, name: str, headers: dict[bytes, bytes]) -> App:
        model = self._loaded(name)
        if model.app is None:
            target = headers.get(_TARGET, name.encode()).decode("latin-1")
            model.app = App(model.predictor, _version(target), self._log)
        return model.app


def _order(body: bytes) -> tuple[str, str]:
    """The name and the folder that a load request names."""
    try:
        order = from_json(body)
    except ValueError as error:
        raise InputError(f"malformed JSON: {error}", allowed=_LOAD) from None
    name, url = (order.get(key) if type(order) is dict else None for key in ("model_name", "url"))
    if type(name) is not str or type(url) is not str or not name or not url:
        raise InputError("a load request names a model and its folder", got=order, allowed=_LOAD)
    return name, url


def _shown(name: str, model: _Model) -> dict[str, object]:
    return {"modelName": name, "modelUrl": model.url}


def _version(target: str) -> str:
    """The version of a target in our layout, else the target itself, in letters that a header may carry."""
    ours = _OUR_LAYOUT.fullmatch(target)
    return ours[1] if ours else re.sub(r"[^A-Za-z0-9._-]", "_", target)[-64:]
