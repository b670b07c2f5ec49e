"""What the gates of one run hold their data and their candidate to; a pipeline's steps read it from one file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args

from model_code.gates.bias import Grouping, Limit
from model_code.gates.drifted import Drifted
from model_code.paths import SettingError

Approval = Literal["automatic", "manual"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of all gates. Of input/settings/settings.json come all but the last two, under these names."""

    model: str
    """The folder of model_code/."""
    first: bool = False
    """Nothing is live: there is no version to compare with, and no accepted data."""
    data_version: str = ""
    """Of the data set; its SHA-256 if empty."""
    commit: str = ""
    criteria: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    groups: tuple[Grouping, ...] = ()
    favoured: str = ""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    id: str = ""
    """The column that tells rows apart; a column `id` does without being named."""
    extra: tuple[str, ...] = ()
    """Columns beside the schema's that the data may have; those of `groups` may without being named here."""
    approval: Approval = "automatic"
    drifted: Drifted = field(default_factory=Drifted)
    """What the monitor saw in production; without a monitor nothing, and the data gate is as strict as it can be."""
    seed: int = 2026
    """Of the bootstrap."""
    without: tuple[str, ...] = ()
    """Gates that `decide` does not wait for."""

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """The settings that a run's settings.json holds. Raises SettingError, naming the key."""
        document = json_object(text)
        allowed = [one.name for one in fields(cls) if one.name not in ("seed", "without")]
        if odd := sorted(document.keys() - set(allowed)) or [
            name for name in ("model", "first") if name not in document
        ]:
            raise SettingError(f"settings.json: {odd[0]!r} is unknown or missing; keys: {', '.join(allowed)}")
        for name in ("model", "data_version", "commit", "id"):
            _typed(document, name, str)
        _typed(document, "first", bool)
        approval = document.get("approval", "automatic")
        if approval not in get_args(Approval):
            raise SettingError(f"approval: got {approval!r}, allowed: {', '.join(get_args(Approval))}")
        return cls(
            **{name: document[name] for name in ("model", "first", "data_version", "commit", "id") if name in document},
            criteria=numbers(document.get("criteria", {}), "criteria"),
            margins=numbers(document.get("margins", {}), "margins"),
            groups=tuple(map(grouping, _texts(document, "groups"))),
            favoured=str(document.get("favoured") or ""),
            limits=limits(document.get("limits", {})),
            extra=_texts(document, "extra"),
            approval=approval,
            drifted=_drifted(document.get("drifted", {})),
        )


def _drifted(value: object) -> Drifted:
    """What the monitor saw: `features` as names, `predictions` and `outcomes` as yes or no. Raises SettingError."""
    allowed = '{"features": ["amount"], "predictions": false, "outcomes": false}'
    if not isinstance(value, dict) or value.keys() - {"features", "predictions", "outcomes"}:
        raise SettingError(f"drifted: got {value!r}, allowed: an object such as {allowed}")
    for name in ("predictions", "outcomes"):
        _typed(value, name, bool)
    seen = {name: value[name] for name in ("predictions", "outcomes") if name in value}
    return Drifted(features=frozenset(_texts(value, "features")), **seen)


def grouping(text: str) -> Grouping:
    """COLUMN, or COLUMN:30,50 for groups of numbers, either with =REFERENCE. Raises SettingError."""
    rest, _, reference = text.partition("=")
    column, _, edges = rest.partition(":")
    try:
        bounds = tuple(float(edge) for edge in edges.split(",")) if edges else ()
    except ValueError as error:
        raise SettingError(f"got {text!r}, allowed: COLUMN[:EDGE,EDGE][=REFERENCE]") from error
    if not column or list(bounds) != sorted(set(bounds)):
        raise SettingError(f"got {text!r}, allowed: a column's name, edges that go up")
    return Grouping(column=column, edges=bounds, reference=reference)


def numbers(value: object, what: str) -> dict[str, float]:
    """An object of finite numbers by name. Raises SettingError."""
    if not isinstance(value, dict):
        raise SettingError(f'{what}: got {value!r}, allowed: an object such as {{"accuracy": 0.95}}')
    for name, number in value.items():
        if type(number) not in (int, float) or not math.isfinite(number):
            raise SettingError(f"{name}: got {number!r}, allowed: a number")
    return value


def limits(value: object) -> dict[str, Limit]:
    """Fairness limits by measure, each with `difference`, `ratio` or both. Raises SettingError."""
    if not isinstance(value, dict):
        raise SettingError(f'limits: got {value!r}, allowed: an object such as {{"selection_rate": {{"ratio": 0.8}}}}')
    try:
        return {name: Limit(**numbers(limit, name)) for name, limit in value.items()}
    except TypeError as error:
        raise SettingError(f"a limit has the keys difference and ratio: {error}") from error


def json_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises SettingError for any other text."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SettingError(f"must be a JSON object, got {text[:80]!r}: {error}") from error
    if not isinstance(document, dict):
        raise SettingError(f"must be a JSON object, got {text[:80]!r}")
    return document


def _typed(document: Mapping[str, Any], name: str, kind: type) -> None:
    if name in document and type(document[name]) is not kind:
        raise SettingError(f"settings.json: {name}: got {document[name]!r}, allowed: {kind.__name__}")


def _texts(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = document.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise SettingError(f"settings.json: {name}: got {given!r}, allowed: an array of texts")
    return tuple(given)
