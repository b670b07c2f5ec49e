"""Parts of a stack file, as the YAML that a person adds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What YAML reads as a string although nothing quotes it: letters first, and no sign that means something there.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def render(config: Mapping[str, Any]) -> str:
    """Keys of a stack file under `config:`, as YAML in the style of the shipped files.

    A model's keys stand on lines of their own, to be put among those that are there; smaller mappings on one line.
    """
    return "\n".join(["config:", *_block(config, 2)])


def _block(value: Mapping[str, Any], indent: int) -> list[str]:
    found, pad = [], " " * indent
    for key, each in value.items():
        name = key if key.startswith("takeoff:") else _scalar(key)
        inside_models = indent == 4 and isinstance(each, Mapping)
        if inside_models or (isinstance(each, Mapping) and any(isinstance(v, Mapping | list) for v in each.values())):
            found += [f"{pad}{name}:", *_block(each, indent + 2)]
        elif isinstance(each, list) and any(isinstance(inner, Mapping) for inner in each):
            found += [f"{pad}{name}:", *(f"{pad}  - {_flow(inner)}" for inner in each)]
        else:
            found.append(f"{pad}{name}: {_flow(each)}")
    return found


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value)
