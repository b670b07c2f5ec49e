"""What a pipeline's definition says with values that only an execution has: references, joins, conditions. Pure.

https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_PART = re.compile(r"[^.\[\]'\"$]+")
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class ExpressionError(ValueError):
    """An expression without a value: what it asks for, and what there is."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """What an execution knows: its parameters, itself, the descriptions of its steps, and their property files."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    steps: Mapping[str, Mapping[str, Any]]
    files: Mapping[tuple[str, str], Any]


def resolve(value: Any, values: Values) -> Any:
    """The value with every expression in it replaced by what it stands for. Raises ExpressionError."""
    if isinstance(value, list):
        return [resolve(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not (name := next(iter(value))).startswith(("Get", "Std:")):
        return {key: resolve(each, values) for key, each in value.items()}
    inner = value[name]
    if name == "Get":
        return _get(inner, values)
    if name == "Std:Join":
        return str(inner["On"]).join(_text(resolve(each, values)) for each in inner["Values"])
    if name == "Std:JsonGet" and "PropertyFile" in inner:
        return _at(inner["Path"], resolve(inner["PropertyFile"], values), inner["Path"])
    raise ExpressionError(f"{name}: got {inner}; allowed: Get, Std:Join, Std:JsonGet of a property file")


def holds(condition: Mapping[str, Any], values: Values) -> bool:
    """Whether a condition is true. Raises ExpressionError for one that cannot be told, or that nobody knows."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], values)
    if kind == "Or":
        return any(holds(each, values) for each in condition["Conditions"])
    if kind == "In":
        return resolve(condition["QueryValue"], values) in resolve(condition["Values"], values)
    if kind not in _ORDER:
        raise ExpressionError(f"a condition of type {kind!r}; allowed: {', '.join([*_ORDER, 'In', 'Not', 'Or'])}")
    left, right = resolve(condition["LeftValue"], values), resolve(condition["RightValue"], values)
    try:
        return bool(_ORDER[kind](left, right))
    except TypeError as error:
        raise ExpressionError(f"{kind}: {left!r} and {right!r} cannot be compared") from error


def gets(value: Any) -> list[str]:
    """Every path that a value asks for, such as Parameters.Image or Steps.Train.ModelArtifacts.S3ModelArtifacts."""
    if isinstance(value, list):
        return [path for each in value for path in gets(each)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"Get"}:
        return [value["Get"]]
    return [path for each in value.values() for path in gets(each)]


def _get(path: str, values: Values) -> Any:
    source, _, rest = path.partition(".")
    if source == "Parameters":
        return _at(rest, values.parameters, path)
    if source == "Execution":
        return _at(rest, values.execution, path)
    step, _, property_ = rest.partition(".")
    if source == "Steps" and property_.startswith("PropertyFiles."):
        name = property_.removeprefix("PropertyFiles.")
        if (step, name) not in values.files:
            raise ExpressionError(f"{path}: step {step} wrote no property file {name}")
        return values.files[step, name]
    if source == "Steps" and step in values.steps:
        return _at(property_, values.steps[step], path)
    raise ExpressionError(f"{path}: there is no such value yet")


def _at(path: str, found: Any, whole: str) -> Any:
    for part in _PART.findall(path):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ExpressionError(f"{whole}: there is no {part!r}") from error
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
