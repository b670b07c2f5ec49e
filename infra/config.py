"""The stack's configuration, typed: the only reader of pulumi.Config, and the one place that says what a key may be."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from catalog.instance_types import Accelerator, accelerator, refusal

NAMESPACE = "takeoff"
# 63 characters minus takeoff-<stack>-, the release and a variant's name (see components/release.py).
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30)]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=12)]
Version = Annotated[str, StringConstraints(pattern=r"^(approved|candidate|[0-9a-f]{12})$")]
Percent = Annotated[int, Field(ge=0, le=100)]


class ConfigError(ValueError):
    """Stack configuration that cannot be deployed; one line per mistake: key, got, allowed, file."""


class Strict(BaseModel):
    """Unknown keys are mistakes, and a string is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _listed(value: Any) -> Any:
    """YAML knows lists only; the model keeps tuples, which cannot be changed."""
    return tuple(value) if isinstance(value, list) else value


class Variant(Strict):
    """A production variant: a named slot, the version it serves, and what it runs on."""

    name: SlotName = Field(description="slot of the variant: main, candidate, or an arm; never a version")
    version: Version = Field(
        default="approved", description="approved, candidate, or a pinned version of 12 hex digits"
    )
    instance_type: str = Field(
        alias="instanceType", description="SageMaker hosting instance type, such as ml.c6i.large"
    )
    instances: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="instances of this variant")


class Model(Strict):
    """One model in production."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="folder under model_code/ that trains and serves it"
    )
    owner: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")] = Field(description="e-mail of who answers")
    accelerator: Accelerator = Field(default="none", description="none, gpu or neuron; must match the instance types")
    variants: Annotated[tuple[Variant, ...], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=10, description="production variants, one to ten"
    )
    traffic: dict[str, Percent] = Field(description="percent per variant, integers that sum to 100")

    @model_validator(mode="after")
    def _variants_and_traffic_agree(self) -> Model:
        names = [variant.name for variant in self.variants]
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise MistakeError("variants", f"{twice[0]!r} twice", "a name of its own for each variant")
        if set(self.traffic) != set(names):
            raise MistakeError(
                "traffic", f"shares for {sorted(self.traffic)}", f"one share for each of {sorted(names)}"
            )
        if (total := sum(self.traffic.values())) != 100:
            raise MistakeError("traffic", f"{self.traffic}, which sums to {total}", "integers that sum to 100")
        return self

    @model_validator(mode="after")
    def _accelerator_matches(self) -> Model:
        for position, variant in enumerate(self.variants):
            carried = accelerator(variant.instance_type)
            if carried != self.accelerator:
                raise MistakeError(
                    "accelerator",
                    f"{self.accelerator!r} with variants[{position}].instanceType {variant.instance_type!r}",
                    f"accelerator: {carried} for this instance type, or an instance type with {self.accelerator!r}",
                )
        return self


class Stack(Strict):
    """Everything a stack file may say under `takeoff:`."""

    models: dict[ModelName, Model] = Field(min_length=1, description="models in production, by name")
    region: str = Field(default="us-east-1", description="AWS region of everything in this stack")
    retain_data: bool = Field(
        default=True, alias="retainData", description="refuse to delete a bucket that still holds objects"
    )

    @model_validator(mode="after")
    def _instance_types_exist(self) -> Stack:
        for name, model in self.models.items():
            for position, variant in enumerate(model.variants):
                if allowed := refusal(variant.instance_type, self.region):
                    where = f"models.{name}.variants[{position}].instanceType"
                    raise MistakeError(where, repr(variant.instance_type), allowed)
        return self


class MistakeError(ValueError):
    """A rule over several keys that does not hold."""

    def __init__(self, where: str, got: str, allowed: str) -> None:
        super().__init__(where)
        self.where, self.got, self.allowed = where, got, allowed


def load(stack: str) -> Stack:
    """Read and check the current stack's configuration. Raises ConfigError."""
    config = pulumi.Config(NAMESPACE)
    raw: dict[str, Any] = {}
    for key in _keys():
        text = config.require(key)
        raw[key] = config.require_object(key) if text[:1] in "{[" or text in {"true", "false"} else text
    return parse(raw, stack)


def parse(raw: dict[str, Any], stack: str) -> Stack:
    """Check configuration that was already read. Raises ConfigError with one line per mistake."""
    try:
        return Stack.model_validate(raw)
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
    path = _path([part for part in details["loc"] if part != "[key]"])
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, MistakeError):
        path, got, allowed = ".".join(filter(None, (path, cause.where))), cause.got, cause.allowed
    elif details["type"] == "missing":
        got, allowed = "nothing", "a value: this key is required"
    elif details["type"] == "extra_forbidden":
        got, allowed = "a key that does not exist", f"{_siblings(details['loc'])}"
    else:
        got, allowed = repr(details["input"]), details["msg"]
    return f"{NAMESPACE}:{path}: got {got}; allowed: {allowed}; fix it in stacks/Pulumi.{stack}.yaml"


def _path(location: list[Any]) -> str:
    """models.breast-cancer.variants[0].instanceType"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _siblings(location: tuple[Any, ...]) -> str:
    """The keys that exist where an unknown one was found."""
    depth = len([part for part in location if part != "[key]"])
    owner: type[BaseModel] = Stack if depth == 1 else Model if depth == 3 else Variant
    return "one of " + ", ".join(field.alias or name for name, field in owner.model_fields.items())
