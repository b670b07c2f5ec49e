"""Streams of the engine's events, built as the engine writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.desired import Desired, Share
from catalog.plan import Plan
from takeoff.preview.fleet import CONFIG, MODEL
from takeoff.preview.previewed import Preview
from takeoff.preview.stream import parse
from takeoff.preview.wish import PARAMETER

PREFIX = "urn:pulumi:prod::takeoff::"
STACK_URN = f"{PREFIX}pulumi:pulumi:Stack::takeoff-prod"
Inputs = Mapping[str, Any]


@dataclass
class Events:
    """A stream under construction. Without `cut` it ends as a whole one does."""

    config: Mapping[str, Any] = field(default_factory=dict)
    packs: Sequence[str] = ("takeoff",)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def step(
        self, op: str, type_: str, name: str, old: Inputs | None = None, new: Inputs | None = None, **more: Any
    ) -> str:
        """One resourcePreEvent; `more` are `diffs`, `keys`, and per side `old_state` and `new_state`."""
        urn = f"{PREFIX}{type_}::{name}"
        old_state, new_state = more.pop("old_state", {}), more.pop("new_state", {})
        metadata = {"op": op, "urn": urn, "type": type_, **more}
        metadata["old"] = None if old is None else _state(type_, urn, old, old_state)
        metadata["new"] = None if new is None else _state(type_, urn, new, new_state)
        self.lines.append({"resourcePreEvent": {"metadata": metadata, "planning": True}})
        return urn

    def create(self, type_: str, name: str, new: Inputs, **more: Any) -> str:
        return self.step("create", type_, name, None, new, **more)

    def delete(self, type_: str, name: str, old: Inputs, **more: Any) -> str:
        return self.step("delete", type_, name, old, None, **more)

    def same(self, type_: str, name: str, inputs: Inputs, **more: Any) -> str:
        return self.step("same", type_, name, inputs, inputs, **more)

    def update(self, type_: str, name: str, old: Inputs, new: Inputs, **more: Any) -> str:
        diffs = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        return self.step("update", type_, name, old, new, diffs=diffs, **more)

    def replace(
        self, type_: str, name: str, old: Inputs, new: Inputs, *keys: str, gap: bool = False, **more: Any
    ) -> str:
        """The three steps of a replacement; with a `gap` the old one goes first."""
        ops = ["create-replacement", "replace", "delete-replaced"]
        for op in reversed(ops) if gap else ops:
            sides = (old, None) if op == "delete-replaced" else (old, new)
            self.step(op, type_, name, *sides, keys=list(keys), diffs=list(keys), **more)
        return f"{PREFIX}{type_}::{name}"

    def policy(self, name: str, message: str, level: str = "mandatory", urn: str = STACK_URN) -> None:
        body = {"policyName": name, "message": f"title\n{message}\n", "enforcementLevel": level, "resourceUrn": urn}
        self.lines.append({"policyEvent": {**body, "policyPackName": "takeoff"}})

    def says(self, severity: str, message: str) -> None:
        self.lines.append({"diagnosticEvent": {"severity": severity, "message": f"{message}\n", "color": "never"}})

    def text(self, result: str = "succeeded", *, cut: bool = False) -> list[str]:
        """The lines, from the prelude to the engine's summary."""
        config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in self.config.items()}
        packs = {f"{name}|local|policies": "0.0.1" for name in self.packs}
        end: dict[str, Any] = {
            "summaryEvent": {"durationSeconds": 4, "result": result, "resourceChanges": {}, "PolicyPacks": packs}
        }
        events = [{"preludeEvent": {"config": config}}, *self.lines, *([] if cut else [end, {"cancelEvent": {}}])]
        return [json.dumps({"sequence": number, **event}) + "\n" for number, event in enumerate(events)]

    def preview(self, result: str = "succeeded", *, cut: bool = False) -> Preview:
        return parse(self.text(result, cut=cut))


def _state(type_: str, urn: str, inputs: Inputs, more: Mapping[str, Any]) -> dict[str, Any]:
    custom = not type_.startswith(("takeoff:", "pulumi:pulumi:"))
    return {"type": type_, "urn": urn, "custom": custom, "inputs": {"__defaults": [], **inputs}, "outputs": {}, **more}


def desired(config: str, plan: Plan | None = None, **traffic: tuple[int, int | None]) -> dict[str, Any]:
    """The inputs of breast-cancer's wish: variant=(traffic, instances)."""
    variants = {name: Share(traffic=share, instances=count) for name, (share, count) in traffic.items()}
    generation = int(config.split("-")[0])
    wish = Desired(
        endpoint="takeoff-prod-breast-cancer",
        config=config,
        content="aa",
        generation=generation,
        variants=variants,
        plan=plan
        or Plan(kind="linear", percent=50, step_seconds=600, bake_seconds=900, timeout_seconds=7200, alarms=("a", "b")),
    )
    return {"name": "/takeoff/prod/breast-cancer/desired", "type": "String", "insecureValue": wish.to_json()}


def release(events: Events, op: str, config: str, **variants: tuple[str, str]) -> None:
    """A config and its models: variant=(version, instance type); the variant `shadow` is one, with 20 % of copies."""
    for name, (version, _) in variants.items():
        container = {"image": "x@sha256:1", "environment": {"TAKEOFF_MODEL_VERSION": version}}
        _both(events, op, MODEL, f"{config}-{name}", {"name": f"{config}-{name}", "primaryContainer": container})
    listed: dict[str, list[dict[str, Any]]] = {"productionVariants": [], "shadowProductionVariants": []}
    for name, (_, instance_type) in variants.items():
        shadow = name == "shadow"
        listed["shadowProductionVariants" if shadow else "productionVariants"].append(
            {
                "variantName": name,
                "modelName": f"{config}-{name}",
                "instanceType": instance_type,
                "initialInstanceCount": 1,
                "initialVariantWeight": 20 if shadow else 100,
            }
        )
    _both(events, op, CONFIG, config, {"name": config, **listed})


def _both(events: Events, op: str, type_: str, name: str, inputs: Inputs) -> None:
    sides = {"create": (None, inputs), "delete": (inputs, None), "same": (inputs, inputs)}
    old, new = sides[op]
    retained = {"retainOnDelete": True}
    events.step(op, type_, name, old, new, old_state=retained, new_state=retained)


def wish_changes(old: Inputs, new: Inputs, **more: Any) -> Events:
    """A stream in which breast-cancer's wish changes, and nothing else is in the stack."""
    events = Events(**more)
    events.update(PARAMETER, "breast-cancer-desired", old, new)
    return events
