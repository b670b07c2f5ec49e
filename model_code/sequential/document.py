"""A test's state as JSON and back: what a record in S3 or SSM holds between two looks."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, ClassVar, Protocol, TypeVar

from model_code.errors import UnusableError


class _State(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


S = TypeVar("S", bound=_State)


def dumps(state: _State) -> str:
    """The state as a JSON object; `loads` gives back an equal one, as Python writes floats without loss."""
    return json.dumps(asdict(state), sort_keys=True, allow_nan=False)


def loads(kind: type[S], text: str) -> S:
    """The state of this kind that `dumps` wrote.

    Raises UnusableError for text that is no JSON object, lacks a field, has another, or holds a value that the state
    itself refuses.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UnusableError(f"{kind.__name__}: got text that is no JSON ({error}); start a new test") from error
    wanted = {field.name for field in fields(kind)}
    got = set(found) if isinstance(found, dict) else None
    if got != wanted:
        raise UnusableError(f"{kind.__name__}: got {sorted(got or ())}; allowed: exactly {sorted(wanted)}")
    return kind(**found)
