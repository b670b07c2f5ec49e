"""Operators on one value: flip, drop, empty, weaken, add, lower, raise and take an element away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.declared import Unknown
from policies.proof.change import Change, Site
from policies.proof.places import NOTHING


def flip(site: Site) -> Iterator[Change]:
    """A boolean that protects turns round."""
    for place, found in site.values():
        if found is site.property.safe:
            yield site.edit(place, not site.property.safe)


def drop(site: Site) -> Iterator[Change]:
    """A property goes, and with it what it was made from."""
    for place, _ in site.values():
        yield site.edit(place, NOTHING)


def empty(site: Site) -> Iterator[Change]:
    """A list or a mapping stays, and holds nothing."""
    for place, value in site.values():
        if isinstance(value, list | dict) and value:
            yield site.edit(place, type(value)())


def drop_element(site: Site) -> Iterator[Change]:
    """One of several elements goes."""
    for place, value in site.values():
        for index in range(len(value)) if isinstance(value, list) and len(value) > 1 else ():
            yield site.edit((*place, index), NOTHING)


def weaken(site: Site) -> Iterator[Change]:
    """A value that protects becomes each that does not."""
    for place, found in site.values():
        for number, value in enumerate(site.property.weak):
            if found != value:
                yield site.edit(place, value, _label(value, number))


def add(site: Site) -> Iterator[Change]:
    """A value that does not protect appears where there was none or another."""
    for place, found in site.values(absent=True):
        for number, value in enumerate(site.property.weak):
            if found != value:
                yield site.edit(place, value, _label(value, number))


def lower(site: Site) -> Iterator[Change]:
    """A number falls."""
    for place, value in site.values():
        for low in site.property.low:
            if not isinstance(value, Unknown) and value > low:
                yield site.edit(place, low, str(low))


def raise_(site: Site) -> Iterator[Change]:
    """A number rises."""
    for place, value in site.values():
        for high in site.property.high:
            if not isinstance(value, Unknown) and value < high:
                yield site.edit(place, high, str(high))


def _label(value: Any, number: int) -> str:
    return str(number) if isinstance(value, list | dict) else str(value)
