"""What an object is now, in the words of the program; and what the program does not want to decide."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from local.providers.kubernetes import diff
from local.providers.kubernetes.check import AUTONAMED, annotation

# New with every change of anything, by anybody: of no use to a program, and a change at every refresh.
_NOISE: Final = frozenset({"managedFields", "resourceVersion"})
_ABSENT: Final = object()


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """The object as the engine remembers it."""
    metadata = {name: value for name, value in live["metadata"].items() if name not in _NOISE}
    return {**live, "metadata": metadata}


def planned(after: Mapping[str, Any]) -> dict[str, Any]:
    """What a preview can say of an object from a dry run: nothing that the server makes anew each time."""
    metadata = {
        name: after["metadata"][name]
        for name in ("name", "namespace", "labels", "annotations")
        if name in after["metadata"]
    }
    return {name: value for name, value in after.items() if name != "status"} | {"metadata": metadata}


def imported(live: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a program that would have made the object."""
    made = diff.content(live)
    if annotation(made, AUTONAMED) is None:
        made["metadata"] = {name: value for name, value in made["metadata"].items() if name != "ownerReferences"}
    return made


def projected(inputs: Any, live: Any) -> Any:
    """The inputs with the live object's values, in as much of it as they speak of."""
    if isinstance(inputs, Mapping) and isinstance(live, Mapping):
        return {name: projected(value, live[name]) for name, value in inputs.items() if name in live}
    if isinstance(inputs, list) and isinstance(live, list) and len(inputs) == len(live):
        return [projected(*pair) for pair in zip(inputs, live, strict=True)]
    return live


def leaving(manifest: Mapping[str, Any], live: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The object with the live values at the paths of `ignore_changes`: agreeing with its manager is no conflict.

    Raises ValueError for a path with wildcards.
    """
    made = copy.deepcopy(dict(manifest))
    for path in paths:
        steps = diff.split(path)
        value = _at(live, steps)
        inner = _at(made, steps[:-1])
        if value is not _ABSENT and _at(made, steps) is not _ABSENT:
            inner[steps[-1]] = value
    return made


def _at(value: Any, steps: Iterable[str | int]) -> Any:
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value
