"""A Pulumi preview as the JSON of a Terraform plan, for judges that read nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.computed import COMPUTED
from takeoff.preview.stream import SIGNATURE
from takeoff.terraform.names import Names, known, snake
from takeoff.terraform.references import Resource, addresses, references

_GONE = {"delete", "delete-replaced", "discard", "discard-replaced", "read", "read-replacement"}
# As `terraform show -json` writes it: https://developer.hashicorp.com/terraform/internals/json-format
_FORMAT = "1.2"


@dataclass(frozen=True)
class Plan:
    """The plan, and the types that names.json does not list: nothing judges their resources."""

    document: Mapping[str, Any]
    unlisted: Mapping[str, int]


def convert(digest: Mapping[str, Any]) -> Plan:
    """The plan of `pulumi preview --json --show-sames`; about 20 ms for 200 resources.

    Values that only the deployment knows are left out and marked `after_unknown`, as Terraform does. Components and
    providers are no resources there. Raises KeyError for what is no digest.
    """
    steps = [step for step in digest["steps"] if step["op"] not in _GONE and "newState" in step]
    states = [(step["newState"], step.get("oldState") or {}) for step in steps if step["newState"].get("custom")]
    mine = [pair for pair in states if not pair[0]["type"].startswith("pulumi:")]
    unlisted: dict[str, int] = {}
    for new, _ in mine:
        if new["type"] not in known():
            unlisted[new["type"]] = unlisted.get(new["type"], 0) + 1
    resources = _resources([pair for pair in mine if pair[0]["type"] in known()])
    by_urn = {each.urn: each for each in resources}
    written = [_Written(each, by_urn) for each in resources]
    return Plan(
        {
            "format_version": _FORMAT,
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": [each.planned() for each in written]}},
            "resource_changes": [each.change() for each in written],
            "configuration": {"root_module": {"resources": [each.configuration() for each in written]}},
        },
        unlisted,
    )


def _resources(states: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Resource]:
    # A replacement has several steps of one resource; the last one says what will be there.
    last = {new["urn"]: (new, old) for new, old in states}
    names = addresses((urn, new["type"]) for urn, (new, _) in last.items())
    return [
        Resource(
            urn=urn,
            token=new["type"],
            address=names[urn],
            inputs={key: value for key, value in (new.get("inputs") or {}).items() if not key.startswith("__")},
            outputs=old.get("outputs") or {},
            id=old.get("id", ""),
            dependencies={key: tuple(urns) for key, urns in (new.get("propertyDependencies") or {}).items()},
        )
        for urn, (new, old) in last.items()
    ]


class _Written:
    """One resource in Terraform's words."""

    def __init__(self, resource: Resource, by_urn: Mapping[str, Resource]) -> None:
        self._resource, self._names, self._by_urn = resource, known()[resource.token], by_urn
        self.values: dict[str, Any] = {}
        self.unknown: dict[str, Any] = {}
        self.expressions: dict[str, Any] = {}
        for key, value in resource.inputs.items():
            path = snake(key)
            name = self._names.name(path)
            sources = [by_urn[urn] for urn in resource.dependencies.get(key, ()) if urn in by_urn]
            known_, unknown = _value(value, path, self._names)
            self.values |= {} if known_ is None else {name: known_}
            self.unknown |= {name: unknown} if unknown else {}
            self.expressions[name] = self._expression(value, path, sources)

    def _expression(self, value: Any, path: str, sources: Sequence[Resource]) -> Any:
        """The configuration's side of a value: a constant, or references to the resources that it comes from."""
        if path in self._names.blocks and not isinstance(value, str):
            blocks = value if isinstance(value, list) else [value]
            return [self._block(each, path, sources) for each in blocks if _is_object(each)]
        found = [name for leaf in _leaves(value) for name in references(leaf, sources, self._by_urn)]
        if found:
            return {"references": list(dict.fromkeys(found))}
        constant, lost = _value(value, path, self._names)
        return {} if lost else {"constant_value": constant}

    def _block(self, value: Mapping[str, Any], path: str, sources: Sequence[Resource]) -> dict[str, Any]:
        inside = {f"{path}.{snake(key)}": each for key, each in value.items()}
        return {self._names.name(inner): self._expression(each, inner, sources) for inner, each in inside.items()}

    @property
    def _head(self) -> dict[str, Any]:
        kind, _, name = self._resource.address.partition(".")
        return {"address": self._resource.address, "mode": "managed", "type": kind, "name": name}

    def planned(self) -> dict[str, Any]:
        return {**self._head, "schema_version": 0, "values": self.values}

    def change(self) -> dict[str, Any]:
        after = {"before": None, "after": self.values, "after_unknown": self.unknown}
        return {**self._head, "change": {"actions": ["create"], **after}}

    def configuration(self) -> dict[str, Any]:
        return {**self._head, "provider_config_key": "aws", "expressions": self.expressions}


def _value(value: Any, path: str, names: Names) -> tuple[Any, Any]:
    """A value in Terraform's words without what is unknown (None if that is all of it), and what is unknown of it."""
    if value == COMPUTED:
        return None, True
    if isinstance(value, list):
        # The list is the block's own, so what is in it is not put into another; a hole keeps its place.
        pairs = [(_object if _is_object(each) else _value)(each, path, names) for each in value]
        return [known_ for known_, _ in pairs], [lost for _, lost in pairs] if any(lost for _, lost in pairs) else None
    if not isinstance(value, Mapping):
        return value, None
    if not _is_object(value):
        return f"(held back: {value.get('hash', 'secret')})", None
    found, unknown = _object(value, path, names)
    return ([found], [unknown] if unknown else None) if path in names.blocks else (found, unknown)


def _is_object(value: Any) -> bool:
    """Whether it is a mapping of properties, and not one by which the engine marks a secret or a file."""
    return isinstance(value, Mapping) and SIGNATURE not in value


def _object(value: Mapping[str, Any], path: str, names: Names) -> tuple[Any, Any]:
    """One block, or one map."""
    found: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, each in value.items():
        inner = key if path in names.maps else f"{path}.{snake(key)}"
        known_, lost = _value(each, inner, names)
        name = key if path in names.maps else names.name(inner)
        found |= {} if known_ is None else {name: known_}
        unknown |= {name: lost} if lost else {}
    return found, unknown or None


def _leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in _leaves(each)] if _is_object(value) else []
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value] if isinstance(value, str) else []
