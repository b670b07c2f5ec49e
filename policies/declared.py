"""What a stack declares, as rules see it: resources with plain values, and who refers to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final


class Unknown:
    """The value of a property that only the deployment will know."""

    def __repr__(self) -> str:
        return "a value unknown before deployment"


UNKNOWN: Final = Unknown()


class UnknownError(Exception):
    """A rule needs a value that only the deployment will know. `args` name the property."""


def known(value: Any, of: str) -> Any:
    """The value. Raises UnknownError, naming property `of`, where it is unknown."""
    if isinstance(value, Unknown):
        raise UnknownError(of)
    return value


def given(value: Any) -> bool:
    """Whether a property says anything: a value that is unknown yet will be one, an empty one is none."""
    return isinstance(value, Unknown) or value not in (None, "", [], {})


def inside(value: Any, path: str) -> Any:
    """The value at a path below a mapping; None where there is none, UNKNOWN below what is unknown."""
    for key in path.split("."):
        if isinstance(value, Unknown):
            return UNKNOWN
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One resource: type token, logical name, inputs with the engine's names, and what it is made of.

    `refs` names for each input the resources (URNs) whose outputs it was made from. UNKNOWN stands for unknown values.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any]
    parent: str = ""
    refs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False

    def at(self, path: str) -> Any:
        """The value at a path such as `vpcConfig.subnets`; None where there is none, UNKNOWN below what is unknown."""
        return inside(self.props, path)


class Graph:
    """All resources of one stack."""

    def __init__(self, resources: Iterable[Declared]) -> None:
        self.resources: tuple[Declared, ...] = tuple(resources)

    def of(self, *types: str) -> list[Declared]:
        """The resources of some types, in order of declaration."""
        return [resource for type_ in types for resource in self._by_type.get(type_, ())]

    def get(self, urn: str) -> Declared | None:
        return self._by_urn.get(urn)

    def refers(self, resource: Declared, other: Declared) -> bool:
        """Whether one resource is made from another: by reference, or by a known name of it in its values."""
        if any(other.urn in urns for urns in resource.refs.values()):
            return True
        return any(name in text for name in _identities(other) for text in self._texts[resource.urn])

    def referring(self, other: Declared, *types: str) -> list[Declared]:
        """The resources of some types, or of any, that are made from this one."""
        candidates = self.of(*types) if types else self.resources
        return [each for each in candidates if each.urn != other.urn and self.refers(each, other)]

    @cached_property
    def _by_type(self) -> Mapping[str, list[Declared]]:
        found = defaultdict(list)
        for resource in self.resources:
            found[resource.type].append(resource)
        return found

    @cached_property
    def _by_urn(self) -> Mapping[str, Declared]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _texts(self) -> Mapping[str, tuple[str, ...]]:
        return {resource.urn: tuple(texts(resource.props)) for resource in self.resources}


# By what others name a resource that they have no reference to: its own physical name.
_NAMES = ("name", "bucket", "endpointName", "functionName")


def _identities(resource: Declared) -> list[str]:
    names = [resource.props.get(key) for key in _NAMES]
    return [name for name in names if isinstance(name, str) and name]


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
