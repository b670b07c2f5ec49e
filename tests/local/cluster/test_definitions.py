"""What every shipped stack says of its pools is what Karpenter's own definition of a NodePool takes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from local.cluster import build
from local.providers.kubernetes.translate import simulated
from tests.local.programs import require_programs
from tests.stacks import podded

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def definitions() -> dict[tuple[str, str], Draft202012Validator]:
    """The schema of each custom kind that the simulator knows; skipped where it is not built (minutes)."""
    made = require_programs()
    return dict(read(file) for file in sorted((made / build.DEFINITIONS).glob("*.yaml")))


def read(file: Path) -> tuple[tuple[str, str], Draft202012Validator]:
    """The newest version of a definition that is stored; a field that it does not name is refused."""
    spec = yaml.safe_load(file.read_text())["spec"]
    stored = next(each for each in spec["versions"] if each["storage"])
    kind = (f"{spec['group']}/{stored['name']}", spec["names"]["kind"])
    return kind, Draft202012Validator(closed(stored["schema"]["openAPIV3Schema"]))


def closed(schema: Any) -> Any:
    """The schema as the API server reads it under strict validation: what an object does not name it may not have."""
    if not isinstance(schema, dict):
        return [closed(each) for each in schema] if isinstance(schema, list) else schema
    made = {key: closed(each) for key, each in schema.items()}
    if "properties" in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    return made


def wrong(definitions: dict[tuple[str, str], Draft202012Validator], manifest: Manifest) -> list[str]:
    spec = {"spec": manifest["spec"], "apiVersion": manifest["apiVersion"], "kind": manifest["kind"]}
    found = definitions[manifest["apiVersion"], manifest["kind"]].iter_errors(spec)
    return [f"{'.'.join(map(str, each.path))}: {each.message}" for each in found]


def pools(stack: str) -> list[Manifest]:
    return [each for each in podded.objects(stack) if each["kind"] == "NodePool"]


@pytest.mark.parametrize("stack", podded.STACKS)
def test_every_pool_is_what_karpenter_calls_one(definitions: Any, stack: str) -> None:
    found = pools(stack)
    assert len(found) >= 2
    assert {each["metadata"]["name"]: wrong(definitions, each) for each in found} == {
        each["metadata"]["name"]: [] for each in found
    }


@pytest.mark.parametrize("stack", podded.STACKS)
def test_what_the_local_provider_makes_of_classes_and_pools_is_what_the_simulator_takes(
    definitions: Any, stack: str
) -> None:
    made = [simulated(each) for each in podded.objects(stack) if each["kind"] in {"NodePool", "NodeClass"}]
    assert {each["kind"] for each in made} == {"NodePool", "KWOKNodeClass"}
    assert [said for each in made for said in wrong(definitions, each)] == []


@pytest.mark.parametrize(
    "break_it",
    [
        lambda s: s.update(limits={"resources": {"cpu": "8"}}),
        lambda s: s["disruption"].update(consolidationPolicy="WhenUnderutilized"),
        lambda s: s["disruption"].update(consolidateAfter="soon"),
        lambda s: s["disruption"]["budgets"].append({"nodes": "150%"}),
        lambda s: s["template"]["spec"].update(expireAfter=1),
        lambda s: s["template"]["spec"]["requirements"].append({"key": "a", "operator": "Is", "values": ["b"]}),
        lambda s: s["template"]["spec"].pop("nodeClassRef"),
        lambda s: s["template"]["spec"].update(taint=[]),
        lambda s: s["template"]["spec"]["taints"].append({"key": "a", "effect": "Never"}),
        lambda s: s.update(weight=101),
    ],
)
def test_the_definition_would_say_what_is_wrong(definitions: Any, break_it: Callable[[Manifest], object]) -> None:
    pool = copy.deepcopy(next(each for each in pools("prod") if each["spec"]["template"]["spec"].get("taints")))
    assert wrong(definitions, pool) == []
    break_it(pool["spec"])
    assert wrong(definitions, pool) != []
