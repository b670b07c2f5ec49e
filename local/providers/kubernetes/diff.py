"""What differs between two objects, path by path, in Pulumi's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

Kind = Literal["add", "delete", "update"]

# What the API server keeps for itself; a difference there is nobody's change.
_SERVERS: Final = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"}
    | {"resourceVersion", "selfLink", "uid"}
)
_MISSING: Final = object()


def content(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an object that a program can decide: without status, and without what the server alone writes."""
    made = {name: value for name, value in manifest.items() if name != "status"}
    metadata = {name: value for name, value in (manifest.get("metadata") or {}).items() if name not in _SERVERS}
    return made | {"metadata": metadata}


def changes(old: Any, new: Any) -> dict[str, Kind]:
    """Property path → how it differs; a value that comes or goes is one path, however deep it is."""
    return dict(_walk("", old, new))


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(join(path, key), old.get(key, _MISSING), new.get(key, _MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            pair = [items[index] if index < len(items) else _MISSING for items in (old, new)]
            yield from _walk(f"{path}[{index}]", *pair)
    elif old is _MISSING:
        yield path, "add"
    elif new is _MISSING:
        yield path, "delete"
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, "update"


def join(path: str, key: str) -> str:
    """The path of a member: `a.b`, or `a["b/c"]` where the name is not a word."""
    if not re.fullmatch(r"[A-Za-z_]\w*", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def split(path: str) -> list[str | int]:
    """The members on the way of a path such as `spec.containers[0]["a/b"]`. Raises ValueError for another form."""
    pattern = r'\["([^"]+)"\]|\[(\d+)\]|\.?([A-Za-z_][\w-]*)'
    if not re.fullmatch(f"(?:{pattern})+", path):
        raise ValueError(f"got the property path {path!r}, allowed names and [positions], without wildcards")
    return [int(number) if number else text or name for text, number, name in re.findall(pattern, path)]
