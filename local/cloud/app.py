"""The front door: invocations go straight to the models, health and status are ours, the rest is the account's."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from local.cloud.account import Account
from local.cloud.answer import Answer, validation_error
from local.cloud.asynchronous import Asynchronous
from local.cloud.hosting import Hosting
from local.state import ACCOUNT, REGION

BODY_LIMIT = 6 * 1024 * 1024
INVOCATION = re.compile(r"/endpoints/([^/]+)/(async-)?invocations")
CREDENTIAL = re.compile(rb"Credential=[^/]+/\d+/([^/]+)/")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class App:
    """The daemon's ASGI application."""

    def __init__(self, account: Account, hosting: Hosting, pages: dict[str, Callable[[], dict[str, Any]]]) -> None:
        self._hosting, self._pages, self._asynchronous = hosting, pages, Asynchronous(hosting)
        # Step Functions and Lambda call back while their caller still waits for a thread of its own.
        self._account: Any = WSGIMiddleware(cast(Any, account), workers=64)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope["path"]
        if match := INVOCATION.fullmatch(path):
            await _reply(send, await self._invoke(match[1], match[2], dict(scope["headers"]), receive))
        elif path in self._pages:
            body = json.dumps(self._pages[path](), default=str).encode()
            await _reply(send, Answer(200, body, {"Content-Type": "application/json"}))
        else:
            await self._account(scope, receive, send)

    async def _invoke(self, endpoint: str, later: str | None, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        body = await _body(receive)
        if body is None:
            return Answer.error("413", 413, f"HTTP content length exceeded {BODY_LIMIT} bytes.")
        credential = CREDENTIAL.search(headers.get(b"authorization", b""))
        region = credential[1].decode() if credential else REGION
        if later:
            return self._asynchronous.accept(region, endpoint, headers)
        router = self._hosting.routers.get((region, endpoint))
        if router is None:
            return validation_error(f"Endpoint {endpoint} of account {ACCOUNT} not found.")
        return await router.invoke(body, headers)


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None when it is longer than SageMaker takes, and then only after all of it was read."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size, more = size + len(chunk), message.get("more_body", False)
        if size <= BODY_LIMIT:
            chunks.append(chunk)
    return b"".join(chunks) if size <= BODY_LIMIT else None


async def _reply(send: Send, answer: Answer) -> None:
    headers = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
