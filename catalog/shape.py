"""The shape of a Kubernetes object: what is no object or list where one has to be is refused, and null is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(value: Any, of: str) -> Mapping[str, Any]:
    """An object; an empty one from null, as Kubernetes takes it. Raises ValueError."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{of}: got {value!r}; allowed: an object")
    return value


def mappings(value: Any, of: str) -> tuple[Mapping[str, Any], ...]:
    """A list of objects, none of them null; an empty one from null. Raises ValueError."""
    entries = () if value is None else value
    if not isinstance(entries, list | tuple) or not all(isinstance(each, Mapping) for each in entries):
        raise ValueError(f"{of}: got {value!r}; allowed: a list of objects")
    return tuple(entries)
