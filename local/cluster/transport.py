"""Requests to an API server: connections kept, patience counted, refusals told apart."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from local.cluster.connection import Connection
from local.cluster.kubeconfig import Kubeconfig

PATIENCE = 30.0
# Asked a second time when a kept connection turns out to be closed; a POST might make a second object.
_REPEATABLE = {"GET", "PATCH", "DELETE"}
_JSON = "application/json"


class ApiError(RuntimeError):
    """What an API server refused. `status` 0 says that none answered; `details` names the object and each cause."""

    def __init__(self, status: int, reason: str, message: str, details: dict[str, Any]) -> None:
        super().__init__(f"{message} ({reason}, {status})" if status else message)
        self.status, self.reason, self.message, self.details = status, reason, message, details

    @classmethod
    def of(cls, said: dict[str, Any], doing: str) -> ApiError:
        """The error in a Status object. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/"""
        message = said.get("message") or doing
        return cls(int(said.get("code", 500)), said.get("reason", "Unknown"), message, said.get("details") or {})


class Transport:
    """Sends requests to one server, each thread over a connection of its own."""

    def __init__(self, kubeconfig: Kubeconfig, patience: float) -> None:
        self._kubeconfig, self._patience = kubeconfig, patience
        try:
            self._tls = kubeconfig.context()
        except OSError as error:
            raise self._unreachable("reading its certificates", error) from error
        self._kept = threading.local()

    def ask(self, method: str, path: str, body: Any = None, type_: str = _JSON) -> dict[str, Any]:
        """The object that the server answers. Raises ApiError."""
        answered: dict[str, Any] = json.loads(self.text(method, path, body, type_))
        return answered

    def text(self, method: str, path: str, body: Any = None, type_: str = _JSON) -> str:
        """The server's answer as text. A server that is busy (429) is asked again until patience ends."""
        deadline = time.monotonic() + self._patience
        while True:
            answer = self._send(method, path, body, type_)
            said = answer.read().decode()
            if answer.status < 400:
                return said
            wait = float(answer.headers.get("Retry-After") or 1)
            if answer.status != 429 or time.monotonic() + wait > deadline:
                raise _refused(answer.status, said, f"{method} {path}")
            time.sleep(wait)

    def lines(self, path: str, seconds: float) -> Iterator[str]:
        """Each line of an answer that goes on, over a connection that nothing else uses. Raises ApiError."""
        connection = Connection(self._kubeconfig, self._tls, self._patience)
        try:
            answer = self._exchange(connection, "GET", path, None, _JSON)
            if answer.status >= 400:
                raise _refused(answer.status, answer.read().decode(), f"GET {path}")
            # The server ends the answer itself; one that has died must not keep us for ever.
            connection.sock.settimeout(seconds + self._patience)
            while line := answer.readline():
                yield line.decode()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(f"GET {path}", error) from error
        finally:
            connection.close()

    def _send(self, method: str, path: str, body: Any, type_: str) -> http.client.HTTPResponse:
        connection: Connection | None = getattr(self._kept, "connection", None)
        if connection is None:
            connection = self._kept.connection = Connection(self._kubeconfig, self._tls, self._patience)
        again = connection.answered and method in _REPEATABLE
        try:
            try:
                return self._exchange(connection, method, path, body, type_)
            except (ConnectionError, ssl.SSLEOFError, http.client.HTTPException):
                connection.close()
                if not again:
                    raise
                return self._exchange(connection, method, path, body, type_)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._unreachable(f"{method} {path}", error) from error

    def _exchange(
        self, connection: Connection, method: str, path: str, body: Any, type_: str
    ) -> http.client.HTTPResponse:
        headers = {"Accept": _JSON, "User-Agent": "takeoff-local"}
        content = None
        if body is not None:
            headers["Content-Type"] = type_
            content = json.dumps(body).encode()
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        connection.answered = True
        return answer

    def _unreachable(self, doing: str, error: Exception) -> ApiError:
        slow = isinstance(error, TimeoutError)
        how = f"did not answer within {self._patience:g} s" if slow else f"cannot be reached ({error})"
        message = (
            f"the API server at {self._kubeconfig.server} {how}: {doing}. `python -m local.cluster status` says how it "
            "is, `python -m local.cluster start` starts it"
        )
        return ApiError(0, "Timeout" if slow else "Unreachable", message, {})


def _refused(status: int, said: str, doing: str) -> ApiError:
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    if isinstance(found, dict) and found.get("kind") == "Status":
        return ApiError.of(found | {"code": status}, doing)
    return ApiError(status, http.client.responses.get(status, "Unknown"), f"{doing}: {said.strip()}", {})
