"""What an operator does to a stack: resources that differ, that are new, that are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.declared import Declared
from policies.proof.places import NOTHING, Place, at, changed, places, written
from policies.proof.properties import Property


@dataclass(frozen=True, kw_only=True)
class Change:
    """One weakening. `label` tells several of one operator at one place apart; `drops` says that an input is gone."""

    path: str = ""
    label: str = ""
    put: tuple[Declared, ...] = ()
    gone: frozenset[str] = frozenset()
    drops: bool = False


@dataclass(frozen=True)
class Site:
    """Where an operator works: one property of one resource, in a stack that is there to be read."""

    property: Property
    resource: Declared
    stack: Sequence[Declared]

    def values(self, *, absent: bool = False) -> Iterator[tuple[Place, Any]]:
        """The property's places and what stands there; where `absent` also NOTHING, where something may be added."""
        for place in places(self.resource.props, self.property.path, absent=absent):
            yield place, at(self.resource.props, place)

    def edit(self, place: Place, value: Any, label: str = "") -> Change:
        """The resource with another value at a place, or with NOTHING there, nor what that was made from."""
        props = changed(self.resource.props, place, lambda _: value)
        refs = {key: urns for key, urns in self.resource.refs.items() if key in props}
        put = replace(self.resource, props=props, refs=refs)
        return Change(path=written(place), label=label, put=(put,), drops=value is NOTHING)


# An operator weakens its site in every way that it knows.
Operator = Callable[[Site], Iterator[Change]]


def sibling(resource: Declared, type_: str, name: str, **props: Any) -> Declared:
    """A new resource beside one, made from it where an input is its own name or id."""
    head, _, _ = resource.urn.rpartition("::")
    head, _, _ = head.rpartition("::")
    return Declared(type=type_, name=name, urn=f"{head}::{type_}::{name}", props=props, parent=resource.parent)
