"""Which properties are secret, and errors that do not tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from local.cluster.api import ApiError

_SECRET: Final = frozenset({"data", "stringData"})
_SHORTEST: Final = 4  # below this a value is a word of the message itself


def secret_names(manifest: Mapping[str, Any], given: Iterable[str]) -> frozenset[str]:
    """The top-level properties to keep secret: those that the program gave as secrets, and a Secret's content."""
    own = _SECRET if (manifest.get("apiVersion"), manifest.get("kind")) == ("v1", "Secret") else frozenset()
    return frozenset(given) | own


@contextmanager
def untold(manifest: Mapping[str, Any], secrets: Iterable[str]) -> Iterator[None]:
    """Errors of the API server leave this block without the values of secret properties."""
    try:
        yield
    except ApiError as error:
        said = error.message
        for value in sorted(_texts([manifest.get(name) for name in secrets]), key=len, reverse=True):
            said = said.replace(value, "[secret]")
        details = error.details if said == error.message else {}
        raise ApiError(error.status, error.reason, said, details) from None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and len(value) >= _SHORTEST:
        yield value
