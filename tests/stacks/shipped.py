"""The shipped stack files as the engine hands them over, and accounts for them to be applied to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from infra.program import deploy as program
from tests.deployment import Deployment, deploy
from tests.tree import ROOT

STACKS = tuple(sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml")))
DIGEST = "a" * 64


def config(stack: str = "local") -> dict[str, str]:
    """A stack file's configuration: objects as JSON."""
    raw = yaml.safe_load((ROOT / f"stacks/Pulumi.{stack}.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}


def clustered(stack: str) -> bool:
    """Whether a stack has a cluster, and so a sibling of what runs in it."""
    return "takeoff:cluster" in config(stack)


def models(stack: str = "local") -> dict[str, Any]:
    """The models of a stack file."""
    found: dict[str, Any] = json.loads(config(stack)["takeoff:models"])
    return found


def facts(stack: str = "local", **more: str) -> dict[str, str]:
    """An account after the phases: each model has an image and two versions. `more` are leaves of breast-cancer."""
    known = phased(stack, models(stack))
    return known | {f"/takeoff/{stack}/breast-cancer/{leaf}": value for leaf, value in more.items()}


def phased(stack: str, names: Iterable[str]) -> dict[str, str]:
    """The parameters of models that have an image and two versions."""
    return {
        f"/takeoff/{stack}/{model}/{leaf}": value
        for model in names
        for leaf, value in (
            ("image", f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-{stack}-{model}@sha256:{DIGEST}"),
            ("approved", version(stack, model, "1")),
            ("candidate", version(stack, model, "2")),
        )
    }


def version(stack: str, model: str, digit: str) -> str:
    """A registered version, as its parameter holds it."""
    artifact = f"s3://takeoff-{stack}-models/{model}/{digit * 64}/model.tar.gz"
    return json.dumps({"version": digit * 12, "artifact": artifact, "algorithm": "x", "metrics": {"accuracy": 0.9}})


CLUSTER = {
    "name": "takeoff-cluster",
    "nodeRole": "takeoff-node",
    "subnets": ["subnet-a", "subnet-b"],
    "securityGroups": ["sg-cluster", "sg-workloads"],
    "key": "arn:aws:kms:us-east-1:123456789012:key/lake",
}


@cache
def apps(stack: str) -> Deployment:
    """Everything that the sibling of a shipped stack declares in its cluster, once its models have versions."""
    known = facts(stack) | {f"/takeoff/{stack}/platform/cluster": json.dumps(CLUSTER)}
    return deploy(program, stack=f"{stack}-apps", config=config(stack), parameters=known)


@cache
def whole(stack: str) -> Deployment:
    """Everything that a shipped stack declares once its models have images and versions."""
    return deploy(program, stack=stack, config=config(stack), parameters=facts(stack))


def kinds(deployment: Deployment) -> Mapping[str, int]:
    """How many resources there are of each type."""
    counts: dict[str, int] = {}
    for resource in deployment.resources:
        counts[resource.type] = counts.get(resource.type, 0) + 1
    return counts
