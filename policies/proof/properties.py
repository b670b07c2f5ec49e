"""The security properties that the proof attacks: properties.json, written before the rules and only added to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("properties.json")


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of one resource type, or with an empty path the resource itself.

    `operators` names what may be done to it and the controls of which one must then find something. `safe` is the
    value of a boolean that protects; `weak`, `low` and `high` are values that do not.
    """

    type: str
    path: str
    kind: str
    why: str
    operators: Mapping[str, tuple[str, ...]]
    safe: bool | None = None
    weak: tuple[Any, ...] = ()
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()


@cache
def properties() -> tuple[Property, ...]:
    """All of them, in the file's order."""
    return tuple(_property(each) for each in json.loads(FILE.read_text())["properties"])


def _property(entry: Mapping[str, Any]) -> Property:
    lists = {key: tuple(entry.get(key, ())) for key in ("weak", "low", "high")}
    operators = {operator: tuple(controls) for operator, controls in entry["operators"].items()}
    return Property(**{**entry, **lists, "operators": operators})
