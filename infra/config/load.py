"""Reads a stack's configuration, and says every mistake in one line: the only reader of pulumi.Config."""

from __future__ import annotations

from typing import Any, get_args

import pulumi
from pydantic import BaseModel, ValidationError

from infra.config.base import MistakeError
from infra.config.stack import Stack

NAMESPACE = "takeoff"


class ConfigError(ValueError):
    """Stack configuration that cannot be deployed; one line per mistake: key, got, allowed, file."""


def load(stack: str) -> Stack:
    """Read and check the current stack's configuration. Raises ConfigError."""
    config = pulumi.Config(NAMESPACE)
    raw: dict[str, Any] = {}
    for key in _keys():
        text = config.require(key)
        raw[key] = config.require_object(key) if text.startswith(("{", "[")) or text in {"true", "false"} else text
    return parse(raw, stack)


def parse(raw: dict[str, Any], stack: str) -> Stack:
    """Check configuration that was already read. Raises ConfigError with one line per mistake."""
    try:
        return Stack.model_validate(raw, context={"stack": stack})
    except ValidationError as error:
        lines = [_line(details, stack) for details in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def _keys() -> list[str]:
    """The keys of our namespace that the stack file sets, known or not."""
    known = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    prefix = f"{NAMESPACE}:"
    return sorted(key.removeprefix(prefix) for key in known if key.startswith(prefix))


def _line(details: Any, stack: str) -> str:
    """One mistake in one line: key path, what was found, what is allowed, where to fix it."""
    location = [part for part in details["loc"] if part != "[key]"]
    path = _path(location)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, MistakeError):
        path, got, allowed = ".".join(filter(None, (path, cause.where))), cause.got, cause.allowed
    elif details["type"] == "missing":
        got, allowed = "nothing", "a value: this key is required"
    elif details["type"] == "extra_forbidden":
        got, allowed = "a key that does not exist", "one of " + ", ".join(_keys_beside(location))
    else:
        got, allowed = repr(details["input"]), details["msg"]
    return f"{NAMESPACE}:{path}: got {got}; allowed: {allowed}; fix it in stacks/Pulumi.{stack}.yaml"


def _path(location: list[Any]) -> str:
    """models.breast-cancer.variants[0].instanceType"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _keys_beside(location: list[Any]) -> list[str]:
    """The keys that exist where an unknown one was found."""
    owner: type[BaseModel] = Stack
    for part in location[:-1]:
        field = next((f for n, f in owner.model_fields.items() if part in {n, f.alias}), None)
        owner = _model_in(field.annotation) or owner if field else owner
    return [field.alias or name for name, field in owner.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The part of the configuration that a field holds, alone, in a list, in an object or optionally."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
