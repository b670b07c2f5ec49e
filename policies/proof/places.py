"""Places in a resource's inputs: `rules[*].expiration.days`, through JSON texts too: `policy{}.Statement[*]`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from policies.declared import Unknown


class _Json:
    """The step into the JSON text that stands here."""


class _Nothing:
    """What stands where nothing does: what a change returns to take a place away."""


JSON: Final = _Json()
NOTHING: Final = _Nothing()
Step = str | int | _Json
Place = tuple[Step, ...]


def places(props: Mapping[str, Any], path: str, *, absent: bool = False) -> Iterator[Place]:
    """The places of a path in some inputs, in order; where `absent` those too that only the last key is missing of.

    Below what is unknown there are none.
    """
    yield from _places(props, _steps(path), absent)


def at(value: Any, place: Place) -> Any:
    """What stands at a place, NOTHING where nothing does."""
    for step in place:
        if isinstance(step, _Json):
            value = json.loads(value)
        elif isinstance(value, Mapping):
            value = value.get(step, NOTHING)
        else:
            value = value[step]
    return value


def changed(value: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    """The value with another one at a place; nothing of it is touched itself. NOTHING takes the place away."""
    if not place:
        return change(value)
    step, rest = place[0], place[1:]
    if isinstance(step, _Json):
        return json.dumps(changed(json.loads(value), rest, change))
    if isinstance(step, int):
        inner = [changed(each, rest, change) if at == step else each for at, each in enumerate(value)]
        return [each for each in inner if each is not NOTHING]
    inner_map = {**value, step: changed(value.get(step, NOTHING), rest, change)}
    return {key: each for key, each in inner_map.items() if each is not NOTHING}


def written(place: Place) -> str:
    """A place as a person reads it: `policy{}.Statement[0].Effect`."""
    return "".join(map(_written, place)).removeprefix(".")


def general(place: Place) -> str:
    """A place without its numbers: `policy{}.Statement[*].Effect`."""
    return re.sub(r"\[\d+\]", "[*]", written(place))


def _written(step: Step) -> str:
    if isinstance(step, _Json):
        return "{}"
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _steps(path: str) -> list[str]:
    """`a{}.b[*].c` as a, {}, b, [*], c."""
    return [step for step in re.split(r"\.|(\{\}|\[\*\])", path) if step]


def _places(value: Any, steps: list[str], absent: bool) -> Iterator[Place]:
    if not steps:
        yield ()
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, Unknown):
        return
    if step == "{}":
        inner = _parsed(value)
        yield from ((JSON, *place) for place in _places(inner, rest, absent))
    elif step == "[*]":
        for at, each in enumerate(value if isinstance(value, list) else ()):
            yield from ((at, *place) for place in _places(each, rest, absent))
    elif isinstance(value, Mapping) and step in value:
        yield from ((step, *place) for place in _places(value[step], rest, absent))
    elif isinstance(value, Mapping) and absent and not rest:
        yield (step,)


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except (ValueError, TypeError):
        return None
