"""A pipeline's definition, read and refused as CreatePipeline does: steps, their order, parameters. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.cloud.pipeline_expressions import gets

KINDS = ("Processing", "Training", "Condition", "RegisterModel", "Fail")
_TYPES: Mapping[str, type] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}


class DefinitionError(ValueError):
    """A definition, or an execution's parameters, that AWS refuses."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `after` are the steps that it waits for: named in DependsOn, or whose values it uses."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    after: frozenset[str]
    files: Mapping[str, tuple[str, str]]
    """Its property files: name → (name of the output, path below it)."""
    then: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()

    def all(self) -> Iterator[Step]:
        """This step and every step of its branches."""
        yield self
        for each in (*self.then, *self.otherwise):
            yield from each.all()


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What CreatePipeline was given. `parameters` is (type, default or None) by name."""

    parameters: Mapping[str, tuple[str, Any]]
    steps: tuple[Step, ...]

    @property
    def every(self) -> tuple[Step, ...]:
        """All steps, those of branches too."""
        return tuple(each for step in self.steps for each in step.all())


def parse(text: str) -> Definition:
    """The definition of a JSON text. Raises DefinitionError."""
    try:
        document = json.loads(text)
        parameters = {one["Name"]: (one["Type"], one.get("DefaultValue")) for one in document.get("Parameters", [])}
        definition = Definition(parameters=parameters, steps=tuple(_step(each) for each in document["Steps"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DefinitionError):
            raise
        raise DefinitionError(f"Unable to parse pipeline definition. {type(error).__name__}: {error}") from error
    _check(definition)
    return definition


def values(definition: Definition, given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The parameters of an execution: what was given, else the default, in their types.

    Raises DefinitionError for one that is unknown, empty, missing or of another type.
    """
    told = {one["Name"]: one["Value"] for one in given}
    if unknown := sorted(set(told) - set(definition.parameters)):
        known = ", ".join(sorted(definition.parameters))
        raise DefinitionError(f"Parameters [{', '.join(unknown)}] are not defined in the pipeline; it has: {known}")
    found: dict[str, Any] = {}
    for name, (kind, default) in definition.parameters.items():
        value = told.get(name, default)
        if value is None:
            raise DefinitionError(f"Parameter [{name}] has no default value and must be given")
        if value == "":
            # https://github.com/aws/sagemaker-python-sdk/issues/4016
            raise DefinitionError(f'Parameter [{name}]: [string "" is too short (length: 0, required minimum: 1)]')
        found[name] = _typed(name, kind, value)
    return found


def _typed(name: str, kind: str, value: Any) -> Any:
    if kind not in _TYPES:
        raise DefinitionError(f"Parameter [{name}]: got type {kind!r}; allowed: {', '.join(_TYPES)}")
    try:
        if kind == "Boolean":
            return {"true": True, "false": False}[str(value).lower()]
        return _TYPES[kind](value)
    except (KeyError, ValueError) as error:
        raise DefinitionError(f"Parameter [{name}]: got {value!r}; allowed: a value of type {kind}") from error


def _step(given: Mapping[str, Any]) -> Step:
    name, kind, arguments = given["Name"], given["Type"], given["Arguments"]
    if kind not in KINDS:
        said = f"step {name} is of type {kind}: the emulated account does not serve this (docs/limits.md)"
        raise DefinitionError(f"{said}; it serves {', '.join(KINDS)}")
    if "CacheConfig" in given or "RetryPolicies" in given:
        raise DefinitionError(f"step {name}: the emulated account serves no cache and no retries (docs/limits.md)")
    own = arguments.get("Conditions", []) if kind == "Condition" else arguments
    after = {path.split(".")[1] for path in gets(own) if path.startswith("Steps.")}
    for one in given.get("DependsOn", []):
        if not isinstance(one, str):
            raise DefinitionError(f"step {name}: DependsOn {one}: the emulated account serves names (docs/limits.md)")
        after.add(one)
    branches = [tuple(_step(each) for each in arguments.get(branch, [])) for branch in ("IfSteps", "ElseSteps")]
    if nested := [each.name for branch in branches for each in branch if each.kind == "Condition"]:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
        raise DefinitionError(f"step {name}: nested condition steps are not supported: {', '.join(nested)}")
    return Step(
        name=name,
        kind=kind,
        arguments=arguments,
        after=frozenset(after),
        files={one["PropertyFileName"]: (one["OutputName"], one["FilePath"]) for one in given.get("PropertyFiles", [])},
        then=branches[0],
        otherwise=branches[1],
    )


def _check(definition: Definition) -> None:
    names = [step.name for step in definition.every]
    if twice := {name for name in names if names.count(name) > 1}:
        raise DefinitionError(f"step names must be unique: {', '.join(sorted(twice))}")
    for step in definition.every:
        if unknown := sorted(step.after - set(names)):
            raise DefinitionError(f"step {step.name} depends on {', '.join(unknown)}, which is no step")
        asked = {path.split(".")[1] for path in gets(dict(step.arguments)) if path.startswith("Parameters.")}
        if undeclared := sorted(asked - set(definition.parameters)):
            raise DefinitionError(f"step {step.name}: parameters {', '.join(undeclared)} are not declared")
    left = {step.name: set(step.after) for step in definition.every}
    while free := [name for name, after in left.items() if not after & left.keys()]:
        for name in free:
            del left[name]
    if left:
        raise DefinitionError(f"steps depend on each other in a circle: {', '.join(sorted(left))}")
