"""moto as one emulated account: one request at a time, and whoever needs to know of a change is told."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, TypeVar

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

Result = TypeVar("Result")
log = logging.getLogger(__name__)
READS = ("Describe", "Get", "List", "BatchGet", "Filter", "Search", "TestEventPattern")


class Account:
    """The lock that guards every moto backend, and the WSGI application behind it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.before_monitoring: Callable[[], None] = lambda: None
        self.changed: Callable[[], None] = lambda: None
        self._moto = DomainDispatcherApplication(create_backend_app)

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Lets others in while the request that holds the lock waits for what may call back, such as a Lambda."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    async def locked(self, work: Callable[[], Result]) -> Result:
        """Does the work with the lock held, and the event loop free meanwhile."""

        def run() -> Result:
            with self.lock:
                return work()

        return await asyncio.to_thread(run)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
    ) -> list[bytes]:
        # Read the body before taking the lock: a slow client must not hold up everybody else.
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        environ["RAW_URI"] = environ["asgi.scope"]["raw_path"].decode("latin1")
        with self.lock:
            if "/monitoring/" in environ.get("HTTP_AUTHORIZATION", ""):
                self.before_monitoring()
            status, headers, body = self._answer(environ)
        if not reads_only(environ):
            self.changed()
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[Any] = []
        try:
            body = b"".join(self._moto(environ, lambda *args: started.extend(args)))
        except Exception as error:
            log.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return _not_served(environ, error)
        return started[0], started[1], body


def reads_only(environ: dict[str, Any]) -> bool:
    """Whether the request says that it changes nothing; what says nothing of the sort counts as a change."""
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") or action.startswith(READS)


def _not_served(environ: dict[str, Any], error: Exception) -> tuple[str, list[tuple[str, str]], bytes]:
    action = environ.get("HTTP_X_AMZ_TARGET") or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    missing = isinstance(error, NotImplementedError)
    kind, status = ("NotImplemented", "501 Not Implemented") if missing else ("InternalFailure", "500 Internal Error")
    message = (
        f"{action}: the emulated account does not serve this ({type(error).__name__}: {error}); see docs/limits.md"
    )
    body = json.dumps({"__type": kind, "message": message}).encode()
    return status, [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))], body
