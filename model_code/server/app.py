"""The ASGI edge: GET /ping and POST /invocations as SageMaker calls them, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from pydantic_core import to_json

from model_code.errors import InputError
from model_code.server.encode import ENCODERS, accepted, media_type
from model_code.server.log import Log
from model_code.server.parse import PARSERS
from model_code.server.predictor import Predictor
from model_code.table import Matrix

MAX_BODY = 6 * 1024 * 1024  # bytes; InvokeEndpoint takes no more

Headers = list[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class DisconnectedError(Exception):
    """The caller went away before it had sent its request."""


class App:
    """Answers for one loaded model. Everything that can be decided before the first request is decided here."""

    def __init__(self, predictor: Predictor, version: str, log: Log) -> None:
        self._predictor = predictor
        self._log = log
        self._version = version
        self._identity: Headers = [
            (b"x-model-version", version.encode()),
            (b"x-amzn-sagemaker-custom-attributes", f"version={version}".encode()),
        ]
        self._types = {kind: (b"content-type", kind.encode()) for kind in ENCODERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one answer: every fault of the caller's is a 4xx with a reason."""
        started = time.perf_counter()
        headers = dict(scope["headers"])
        rows, digest, refusal, kind = 0, "", "", "application/json"
        try:
            if scope["path"] != "/invocations" or scope["method"] != "POST":
                status, body = _elsewhere(scope)
            else:
                parse = _parser(headers)
                kind = accepted(headers.get(b"accept", b""))
                values = parse(await read_body(receive, headers), self._predictor.table)
                rows, digest = len(values), _digest(values)
                status, body = 200, ENCODERS[kind](self._predictor.predict(values), self._predictor.classes)
        except InputError as error:
            status, body, kind, refusal = error.status, to_json(error.body()), "application/json", str(error)
        except DisconnectedError:
            return
        except Exception as error:
            self._log.event("failed", version=self._version, error=f"{type(error).__name__}: {error}")
            status, body, kind = 500, b'{"error": "the model server failed; its log says why"}', "application/json"
        answer = [self._types[kind], (b"content-length", b"%d" % len(body)), *self._identity]
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": body})
        if scope["path"] == "/invocations":
            self._record(status, rows, digest, started, headers, refusal)

    def _record(
        self, status: int, rows: int, digest: str, started: float, headers: dict[bytes, bytes], refusal: str
    ) -> None:
        """One line per request, put together by hand: json.dumps would cost more than the prediction."""
        outcome = headers.get(b"x-amzn-sagemaker-inference-id", b"")[:256].decode("latin-1")
        caller = headers.get(b"x-amzn-sagemaker-custom-attributes", b"")[:1024].decode("latin-1")
        self._log.line(
            f'{{"event": "invocation", "ts": {time.time():.3f}, "version": "{self._version}", "status": {status}, '
            f'"rows": {rows}, "ms": {(time.perf_counter() - started) * 1e3:.3f}, "input_sha256": "{digest}", '
            f'"outcome_id": {quoted(outcome)}, "caller": {quoted(caller)}'
            + (f', "refusal": {quoted(refusal)}}}' if refusal else "}")
        )


def _elsewhere(scope: Scope) -> tuple[int, bytes]:
    # A model that did not load, or failed its self-test, never listens: to be asked is to be well.
    if scope["path"] == "/ping" and scope["method"] in ("GET", "HEAD"):
        return 200, b'{"status": "ok"}'
    known = {"/ping": "GET", "/invocations": "POST"}
    if scope["path"] in known:
        allowed = known[scope["path"]]
        raise InputError("wrong method", got=scope["method"], allowed=allowed, status=405)
    raise InputError("no such path", got=scope["path"], allowed=["GET /ping", "POST /invocations"], status=404)


def _parser(headers: dict[bytes, bytes]) -> Callable[[bytes, Any], Matrix]:
    kind = media_type(headers.get(b"content-type", b""))
    parse = PARSERS.get(kind)
    if parse is None:
        raise InputError("wrong content type", got=kind or "none", allowed=list(PARSERS), status=415)
    return parse


async def read_body(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    """The whole body. Raises InputError beyond MAX_BODY, DisconnectedError when the caller goes away."""
    declared = headers.get(b"content-length", b"0")
    if int(declared) > MAX_BODY:  # digits only: the HTTP parser refuses anything else
        raise _too_large(f"{int(declared)} bytes")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        parts.append(message["body"])
        size += len(parts[-1])
        if size > MAX_BODY:  # a chunked body declares no length
            raise _too_large(f"more than {MAX_BODY} bytes")
        if not message["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(got: str) -> InputError:
    return InputError("the body is too large", got=got, allowed=f"at most {MAX_BODY} bytes (6 MB)", status=413)


def _digest(values: Matrix) -> str:
    # Of the checked matrix, not of the bytes: the same input by JSON, CSV or .npy is the same input to an auditor.
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]
