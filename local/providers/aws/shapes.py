"""Pulumi's inputs as API members and back, mechanically, through botocore's service model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from local.providers.aws.archive import content
from local.providers.values import UNKNOWN, asset_kind


def camel(member: str) -> str:
    """Pulumi's usual spelling of an API member: `KMSMasterKeyID` → `kmsMasterKeyId`."""
    first, *rest = str(xform_name(member)).split("_")
    return first + "".join(word.title() for word in rest)


def find(names: Any, wanted: str) -> str | None:
    """The member called `wanted`, case and plural ignored."""
    by_lower = {name.lower(): name for name in names}
    low = wanted.lower()
    return by_lower.get(low) or by_lower.get(low + "s") or (by_lower.get(low[:-1]) if low.endswith("s") else None)


def dig(value: Any, path: str) -> Any:
    """What lies at a member path; lists on the way stand for their first item; None where there is nothing.

    After `Groups[]` the rest of the path is looked up in every item.
    """
    here, every, rest = path.partition("[].")
    if every:
        return [dig(item, rest) for item in dig(value, here) or ()]
    for name in filter(None, path.split(".")):
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, dict) else None
    return value


def element(shape: Shape | None) -> Shape | None:
    """A list's items' shape; any other shape itself."""
    return shape.member if shape is not None and shape.type_name == "list" else shape


def descend(shape: Shape | None, path: str) -> Shape | None:
    """The shape at a member path."""
    for name in filter(None, path.split(".")):
        shape = element(shape)
        shape = shape.members.get(name) if shape is not None and shape.type_name == "structure" else None
    return shape


def bare(path: str) -> str:
    """A property path without its indices, as the table spells it."""
    return re.sub(r"\[\d+\]", "", path)


def same_json(left: Any, right: Any) -> bool:
    """Whether two JSON documents, as text or parsed, mean the same."""
    try:
        left, right = (json.loads(v) if isinstance(v, str) else v for v in (left, right))
    except ValueError:
        return False
    return bool(left == right and isinstance(left, dict | list))


@dataclass
class Fit:
    """Turns Pulumi values into what a shape takes, and remembers the property paths for which it has no member."""

    renames: Mapping[str, str] = field(default_factory=dict)
    unsent: list[str] = field(default_factory=list)

    def fit(self, shape: Shape, value: Any, path: str) -> Any:
        """The API's form of a Pulumi value."""
        if value is UNKNOWN:
            return value
        match shape.type_name:
            case "structure":
                return self._structure(shape, value, path)
            case "list":
                return self._list(shape, value, path)
            case "map":
                return {key: self.fit(shape.value, item, path) for key, item in value.items()}
            case "blob":
                return content(value) if asset_kind(value) else str(value).encode()
            case "integer" | "long":
                return int(value)
            case "float" | "double":
                return float(value)
            case "boolean" if value in ("true", "false"):  # one that may be left out is text in Pulumi
                return value == "true"
            case "string" if isinstance(value, dict | list):
                return json.dumps(value, separators=(",", ":"))
            case "string":
                return value if isinstance(value, str) else json.dumps(value)
            case _:
                return value

    def plant(self, shape: Shape, out: dict[str, Any], target: str, value: Any, path: str) -> None:
        """Puts the fitted value at a member path, making what lies on the way."""
        member, _, rest = target.partition(".")
        inner = shape.members[member]
        if rest and inner.type_name == "map":
            out.setdefault(member, {})[rest] = self.fit(inner.value, value, path)
        elif not rest:
            out[member] = self.fit(inner, value, path)
        elif inner.type_name == "list":
            self.plant(inner.member, out.setdefault(member, [{}])[0], rest, value, path)
        else:
            self.plant(inner, out.setdefault(member, {}), rest, value, path)

    def _structure(self, shape: Shape, value: Any, path: str) -> dict[str, Any]:
        if isinstance(value, list):
            value = value[0] if value else {}
        if value is True:  # how Pulumi spells an object without members
            value = {}
        out: dict[str, Any] = {}
        for name, item in value.items():
            target = self.renames.get(bare(f"{path}.{name}")) or find(shape.members, name)
            if item is None:
                continue
            if target is None:
                self.unsent.append(f"{path}.{name}")
            else:
                self.plant(shape, out, target, item, f"{path}.{name}")
        return out

    def _list(self, shape: Shape, value: Any, path: str) -> list[Any]:
        if isinstance(value, dict) and (pair := _pair(shape.member)):
            return [{pair[0]: key, pair[1]: item} for key, item in value.items()]
        if not isinstance(value, list):
            return [self.fit(shape.member, value, path)]
        return [self.fit(shape.member, item, f"{path}[{i}]") for i, item in enumerate(value)]


def _pair(shape: Shape) -> tuple[str, str] | None:
    """The names of key and value in a list that stands for a mapping."""
    if shape.type_name != "structure":
        return None
    names = {name.lower(): name for name in shape.members}
    key = next((names[k] for k in ("key", "tagkey", "name") if k in names), None)
    value = next((names[v] for v in ("value", "tagvalue") if v in names), None)
    return (key, value) if key and value else None


def untag(shape: Shape, value: Any) -> dict[str, str]:
    """Tags as a mapping, whichever way the API returns them."""
    if shape.type_name == "list" and (pair := _pair(shape.member)):
        return {item[pair[0]]: item[pair[1]] for item in value}
    return dict(value)


def project(shape: Shape | None, value: Any, like: Any, path: str, renames: Mapping[str, str]) -> Any:
    """An API's value in the form of `like` (the program's input), and `like` itself if they mean the same.

    Members that the program did not set are left out, except where `like` is None: then all are there, in camel case.
    """
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(like, str) and (same_json(value, like) or _same_number(value, like)):
        return like
    if like is True and isinstance(value, dict):
        return True
    text = isinstance(like, str) or (shape is not None and shape.type_name == "string")
    if text and isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, list) and isinstance(like, dict):
        if shape is not None and _pair(shape.member):
            return untag(shape, value)
        value, shape = (value[0] if value else {}), shape and shape.member
    if isinstance(value, dict) and shape is not None and shape.type_name == "list" and _pair(shape.member):
        return dict(value)  # a mapping that the row has made of a list
    if isinstance(value, dict) and isinstance(like, list):
        return [project(shape, value, like[0] if like else None, path, renames)]
    if isinstance(value, list):
        return _project_list(shape, value, like or [], path, renames)
    if isinstance(value, dict):
        return _project_structure(shape, value, like, path, renames)
    return value


def _same_number(value: Any, text: str) -> bool:
    """Whether a number, or a truth, is what a text says: Pulumi spells some that may be left out as text."""
    if isinstance(value, bool):
        return str(value).lower() == text
    try:
        return isinstance(value, int | float) and float(text) == value
    except ValueError:
        return False


def _project_list(shape: Shape | None, value: list[Any], like: list[Any], path: str, renames: Mapping[str, str]) -> Any:
    if like and all(isinstance(item, str) for item in [*value, *like]) and sorted(value) == sorted(like):
        return like
    member = element(shape)
    return [project(member, v, like[i] if i < len(like) else None, path, renames) for i, v in enumerate(value)]


def _project_structure(
    shape: Shape | None, value: dict[str, Any], like: dict[str, Any] | None, path: str, renames: Mapping[str, str]
) -> dict[str, Any]:
    if shape is not None and shape.type_name == "map":
        return dict(value)
    if like is None:
        renamed = {n.removeprefix(f"{path}."): target for n, target in renames.items() if n.startswith(f"{path}.")}
        hidden = {target.partition(".")[0] for target in renamed.values()}
        items = {camel(name): (name, None) for name in value if name not in hidden}
        items |= {name: (target, None) for name, target in renamed.items() if "." not in name}
    else:
        items = {n: (renames.get(f"{path}.{n}") or find(value, n) or n, item) for n, item in like.items()}
    out = {}
    for name, (target, item) in items.items():
        got = dig(value, target)
        if got is not None:
            out[name] = project(descend(shape, target), got, item, f"{path}.{name}", renames)
        elif not item and like is not None:
            out[name] = item
    return out
