"""What the program registered under mocks, in the form of `pulumi preview --json --show-sames`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.deployment import Registered
from tests.stacks import shipped

Digest = dict[str, Any]


def shipped_digest(stack: str) -> Digest:
    """A shipped stack as it stands, with every value known."""
    return {"steps": [_step(each) for each in shipped.whole(stack).resources]}


def _step(each: Registered) -> dict[str, Any]:
    inputs = {key: value for key, value in each.inputs.items() if value is not None}
    if each.type == "aws:lambda/function:Function":
        inputs["code"] = {"4dabf18193072939515e22adb298388d": "archive", "hash": "0" * 64}  # mocks keep the object
    state = {
        "urn": each.urn,
        "type": each.type,
        "custom": not each.type.startswith("takeoff:"),
        "inputs": _whole(inputs),
        # Mocks know what a resource depends on as a whole; the values say by which property.
        "propertyDependencies": {key: list(each.depends_on) for key in inputs},
    }
    identity = str(inputs.get("name") or inputs.get("bucket") or each.name)
    return {"op": "same", "urn": each.urn, "newState": state, "oldState": {"id": identity, "outputs": {}}}


def _whole(value: Any) -> Any:
    """A copy with the engine's numbers: mocks know floats alone, and a judge that asks for integers skips 90.0."""
    if isinstance(value, Mapping):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def state(digest: Digest, token: str, name: str) -> dict[str, Any]:
    """The planned state of one resource, to be read or changed."""
    found: list[dict[str, Any]] = [
        step["newState"]
        for step in digest["steps"]
        if step["newState"]["type"] == token and step["urn"].rpartition("::")[2] == name
    ]
    assert len(found) == 1, f"{token} {name}: {len(found)}"
    return found[0]


def made(*states: dict[str, Any]) -> Digest:
    """A digest of a few new resources, each given by type, name, inputs and whatever else."""
    return {
        "steps": [
            {
                "op": "create",
                "urn": urn(each["type"], each["name"]),
                "newState": {"custom": True, "urn": urn(each["type"], each["name"]), **each},
            }
            for each in states
        ]
    }


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::takeoff::{token}::{name}"
