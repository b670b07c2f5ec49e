"""What a resource is now, in the words of the program: for refresh and import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from local.providers.aws.lifecycle import Lifecycle
from local.providers.aws.row import Row
from local.providers.values import Properties

_UNSET: Final[tuple[Any, ...]] = (None, "", [], {}, False, 0)


def refresh(
    life: Lifecycle, resource_id: str, inputs: Properties, known: Properties, default_tags: Mapping[str, str]
) -> tuple[Properties, Properties] | None:
    """The inputs that would make the resource as it is, and its state; None if it is gone."""
    importing = not inputs
    named = _from_id(life.row, resource_id, importing)
    addressed = named | known | {"id": resource_id}
    raw = life.fetch(addressed)
    if raw is None:
        return None
    found = dict(inputs or {name: value for name, value in named.items() if name not in life.row.outputs})
    for name in sorted(life.binding.settable(found, importing) - named.keys()):
        _take_over(life, name, found, known, raw)
    tags = life.tags(addressed | life.state(found, known, raw), raw)
    if life.row.tagging and (importing or tags != known.get("tagsAll", {})):
        own = inputs.get("tags") or {}
        found["tags"] = {k: v for k, v in tags.items() if k in own or default_tags.get(k) != v}
    state = life.state(found, addressed, raw) | ({"tagsAll": tags} if life.row.tagging else {})
    if importing or "id" not in state:
        state["id"] = life.id_of(state, found) if importing else resource_id
    return found | {"__defaults": inputs.get("__defaults", [])}, state


def _take_over(life: Lifecycle, name: str, found: Properties, known: Properties, raw: Properties) -> None:
    """A property whose value is not what we last saw was changed by someone else: the inputs follow it."""
    if name in found:
        now = life.binding.value(name, raw, found[name])
        if now is not None:
            found[name] = now
        elif found[name] not in _UNSET and found[name] != life.row.defaults.get(name):
            del found[name]
        return
    now = life.binding.value(name, raw, None)
    if now not in _UNSET and now != known.get(name, life.row.defaults.get(name)):
        found[name] = now


def _from_id(row: Row, resource_id: str, importing: bool) -> Properties:
    """The properties that an id like `role:name` is made of, or what a resource is imported by."""
    template = row.imported if importing and row.imported else row.id
    if importing and "{hash}" in template:
        raise ValueError(f"{row.type} cannot be imported: neither can the official plugin")
    names = re.findall(r"\{(\w+)\}", template)
    pattern = re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(template)).replace("(.+)", "(.+?)", 1)
    match = re.fullmatch(pattern, resource_id)
    if match is None:
        raise ValueError(f"got the id {resource_id!r}, allowed {template}")
    return {n: v for n, v in zip(names, match.groups(), strict=True) if n not in {"account", "hash", "region"}}
