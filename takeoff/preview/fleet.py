"""What the variants of an endpoint config run on, and how that differs from another config's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.computed import COMPUTED

# Type tokens: the command line may not import the SDK, so a test compares them with its classes.
CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
MODEL = "aws:sagemaker/model:Model"
# Type token and inputs, as the engine names them.
Resource = tuple[str, Mapping[str, Any]]
VERSION_VARIABLE = "TAKEOFF_MODEL_VERSION"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What a variant of a config runs on. `version` is empty where nothing says it; `copied` is a shadow's percent."""

    version: str = ""
    instance_type: str = ""
    copied: int | None = None

    @property
    def kind(self) -> str:
        return "variant" if self.copied is None else "shadow"

    def described(self) -> str:
        """Version, instances and copies in brackets, as far as they are known."""
        said = [f"version {self.version}"] if self.version else []
        said += [self.instance_type] if self.instance_type else []
        said += [] if self.copied is None else [f"copies of {self.copied} % of requests"]
        return f" ({', '.join(said)})" if said else ""


def compared(before: Mapping[str, Fleet], after: Mapping[str, Fleet]) -> list[str]:
    """What changes from one config's fleets to another's, a line each.

    Nothing where one side is empty: the config is not among the resources, and no change may be claimed.
    """
    if not before or not after:
        return []
    return [
        line for name in dict.fromkeys([*before, *after]) for line in _change(name, before.get(name), after.get(name))
    ]


def fleets(resources: Sequence[Resource], config: str) -> dict[str, Fleet]:
    """Variant → what it runs on, for a config by its physical name; empty where the config is not among them."""
    inputs = next((inputs for type_, inputs in resources if type_ == CONFIG and inputs.get("name") == config), {})
    found = {}
    for key in ("productionVariants", "shadowProductionVariants"):
        listed = inputs.get(key)
        for position, variant in enumerate(listed if isinstance(listed, list) else []):
            if not isinstance(variant, Mapping):
                continue
            weight = variant.get("initialVariantWeight")
            found[str(variant.get("variantName", position))] = Fleet(
                version=_version(resources, variant.get("modelName")),
                instance_type=str(variant.get("instanceType") or "serverless"),
                copied=int(weight) if key.startswith("shadow") and isinstance(weight, int | float) else None,
            )
    return found


def _version(resources: Sequence[Resource], model: Any) -> str:
    inputs = next((inputs for type_, inputs in resources if type_ == MODEL and inputs.get("name") == model), {})
    container = inputs.get("primaryContainer")
    environment = container.get("environment") if isinstance(container, Mapping) else None
    found = environment.get(VERSION_VARIABLE) if isinstance(environment, Mapping) else None
    return str(found) if found and found != COMPUTED else ""


def _change(name: str, old: Fleet | None, new: Fleet | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"{new.kind} {name} added{new.described()}"
    elif old is not None and new is None:
        yield f"{old.kind} {name} removed"
    elif old is not None and new is not None:
        if old.version != new.version:
            yield f"{name}: version {old.version or 'unknown'} → {new.version or 'unknown'}"
        if old.instance_type != new.instance_type:
            yield f"{name}: {old.instance_type} → {new.instance_type}"
        if old.copied != new.copied:
            yield f"{name}: copies of {old.copied} → {new.copied} % of requests"
