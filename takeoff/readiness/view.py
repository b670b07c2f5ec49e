"""A previewed stack, looked at from one of its models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalog.computed import COMPUTED
from takeoff.preview.previewed import Preview, Step


@dataclass(frozen=True, kw_only=True)
class View:
    """The resources that a deployment leaves, and which of them are the model's: by tag, or by the component's name."""

    preview: Preview
    model: str

    @cached_property
    def steps(self) -> list[Step]:
        return self.preview.after()

    def all(self, type_: str) -> list[Step]:
        """The stack's resources of a type."""
        return [step for step in self.steps if step.type == type_]

    def mine(self, type_: str) -> list[Step]:
        """The model's resources of a type."""
        return [step for step in self.all(type_) if self._belongs(step)]

    def one(self, type_: str) -> Step | None:
        """The model's first resource of a type."""
        return next(iter(self.mine(type_)), None)

    @cached_property
    def entry(self) -> Mapping[str, Any]:
        """The model's entry in the stack file."""
        found: Mapping[str, Any] = self.preview.models[self.model]
        return found

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """The model's entry in the stack's outputs."""
        models = self.preview.outputs.get("models")
        found = models.get(self.model) if isinstance(models, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    @property
    def owner(self) -> str:
        return str(self.entry["owner"])

    @property
    def in_pods(self) -> bool:
        """Whether pods answer in place of an endpoint: what they are declared in is the stack's `-apps` sibling."""
        return self.entry.get("serving") == "kubernetes"

    @cached_property
    def endpoint(self) -> Step | None:
        return self.one("aws:sagemaker/endpoint:Endpoint")

    @cached_property
    def config(self) -> Step | None:
        """The endpoint config that the model's endpoint is to have."""
        return self.one("aws:sagemaker/endpointConfiguration:EndpointConfiguration")

    @property
    def due(self) -> str:
        """The command that the model waits for while it has no endpoint."""
        return str(self.said.get("next", "the first deployment"))

    @cached_property
    def wish(self) -> Mapping[str, Any]:
        """What the parameter `desired` says; empty while it is unknown."""
        for step in self.mine("aws:ssm/parameter:Parameter"):
            text = at(step, "insecureValue")
            if str(at(step, "name")).endswith("/desired") and isinstance(text, str) and text != COMPUTED:
                found: Mapping[str, Any] = json.loads(text)
                return found
        return {}

    def block(self, key: str) -> Mapping[str, Any]:
        """A block of the stack file, such as alerts; empty where there is none."""
        found = self.preview.config.get(f"takeoff:{key}")
        return found if isinstance(found, Mapping) else {}

    def for_model(self, **keys: Any) -> dict[str, Any]:
        """Keys of the model's entry, as a part of the stack file."""
        return {"takeoff:models": {self.model: keys}}

    def _belongs(self, step: Step) -> bool:
        tags = at(step, "tags")
        if isinstance(tags, Mapping) and "takeoff:model" in tags:
            return bool(tags["takeoff:model"] == self.model)
        kind, _, name = step.parent.rpartition("::")
        return name == self.model and kind.rpartition("::")[2].rpartition("$")[2].startswith("takeoff:")


def at(step: Step, path: str) -> Any:
    """The input at a dotted path, with list positions as numbers; None where there is nothing."""
    found: Any = step.new
    for part in path.split("."):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, Mapping):
            found = found.get(part)
        else:
            return None
    return found


def listed(value: Any) -> list[Any]:
    """A list as it is, one value as a list of it, nothing as an empty one. An unknown list is a list of one unknown."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
