"""What changed between two sets of inputs, property by property, and which changes replace the resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from local.providers.aws.row import Row
from local.providers.aws.shapes import bare, same_json
from local.providers.values import Properties, asset_kind

Kind = Literal["add", "delete", "update"]
_MISSING: Any = object()


def changes(row: Row, olds: Properties, news: Properties) -> dict[str, Kind]:
    """Property path → how it changed."""
    found: dict[str, Kind] = {}
    for name in sorted((olds.keys() | news.keys()) - {"__defaults"}):
        old, new = olds.get(name), news.get(name)
        if None in (old, new) and _or_default(row, name, old) == _or_default(row, name, new):
            continue
        if not (name in row.json and same_json(old, new)):
            found |= dict(_walk(name, _MISSING if old is None else old, _MISSING if new is None else new))
    return {path: kind for path, kind in found.items() if kind != "delete" or not _below(path, row.computed)}


def replaces(row: Row, path: str, kind: Kind = "update") -> bool:
    """Whether a change of this property replaces the resource, as in the official plugin."""
    if kind != "update" and bare(path) in row.replace_if_new:
        return True
    return _below(path, row.replace | {"region"})


def _below(path: str, entries: frozenset[str]) -> bool:
    path = bare(path)
    return any(path == entry or path.startswith(f"{entry}.") for entry in entries)


def name_is_taken(row: Row, olds: Properties, news: Properties) -> bool:
    """Whether a replacement must wait for the old resource's deletion: its name is the program's own and unchanged."""
    name = row.autoname and row.autoname.property
    return bool(name and name not in news.get("__defaults", []) and name in news and olds.get(name) == news[name])


def _or_default(row: Row, name: str, value: Any) -> Any:
    """A property that is not there has the plugin's default: leaving it out and saying so is the same."""
    return row.defaults.get(name) if value is None else value


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    if asset_kind(old) and asset_kind(new) and old.get("hash") and new.get("hash"):
        if old["hash"] != new["hash"]:
            yield path, "update"
    elif _is_object(old) and _is_object(new) and not (old is _MISSING and new is _MISSING):
        # An object that comes or goes is walked too: what in it replaces decides.
        sides = [{} if side is _MISSING else side for side in (old, new)]
        for key in sorted(sides[0].keys() | sides[1].keys()):
            yield from _walk(_join(path, key), *(side.get(key, _MISSING) for side in sides))
    elif isinstance(old, list) and isinstance(new, list):
        for i in range(max(len(old), len(new))):
            pair = [items[i] if i < len(items) else _MISSING for items in (old, new)]
            yield from _walk(f"{path}[{i}]", *pair)
    elif old is _MISSING:
        yield path, "add"
    elif new is _MISSING:
        yield path, "delete"
    elif old != new or type(old) is not type(new):
        yield path, "update"


def _is_object(value: Any) -> bool:
    return value is _MISSING or (isinstance(value, dict) and not asset_kind(value))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if key.replace("_", "").replace("-", "").isalnum() else f'{path}["{key}"]'
