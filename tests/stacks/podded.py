"""The shipped stack files with models in pods: as they are, and dev with a cluster laid over its file."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml

from infra.program import deploy as program
from tests.deployment import Deployment, deploy
from tests.stacks import shipped
from tests.tree import ROOT
from tests.unit.components.clustered import manifests

# dev's file has none: its first `up` stays small. What a team would add to it first, its API open to their office.
OVER_DEV: dict[str, Any] = {
    "network": {"cidr": "10.23.0.0/20", "zones": 2, "reserved": ["10.21.0.0/16"]},
    "cluster": {"version": "1.35", "accessCidrs": ["203.0.113.0/24"], "access": {"admin": ["engineers"]}},
    "nodePools": {
        "general": {"families": ["m7i"], "capacity": "spot-then-on-demand", "limits": {"cpu": 16}},
        "gpu": {"accelerator": "nvidia", "types": ["g6.xlarge", "g5.xlarge"], "limits": {"gpu": 2}},
    },
}
VISION: dict[str, Any] = {
    "code": "digits",
    "owner": "ml-vision@example.com",
    "accelerator": "gpu",
    "serving": "kubernetes",
    "pods": {"pool": "gpu", "cpu": "3", "memory": "12Gi", "gpu": 1, "replicas": {"min": 1, "max": 1}},
    "jobs": {"again": {"pool": "general", "cpu": "2", "memory": "4Gi", "command": ["train"], "schedule": "0 2 * * 6"}},
}
STACKS = shipped.STACKS


def read(stack: str) -> dict[str, Any]:
    """What a stack file says under `takeoff:`, as infra.config.parse takes it; each call's own."""
    found = yaml.safe_load((ROOT / f"stacks/Pulumi.{stack}.yaml").read_text())["config"]
    told = {key.removeprefix("takeoff:"): value for key, value in found.items()}
    if stack == "dev":
        told |= json.loads(json.dumps(OVER_DEV))
        told["models"]["vision"] = json.loads(json.dumps(VISION))
    return told


def handed(told: dict[str, Any]) -> dict[str, str]:
    """The same as the engine hands it to the program."""
    return {f"takeoff:{key}": each if isinstance(each, str) else json.dumps(each) for key, each in told.items()}


def account(stack: str, told: dict[str, Any], *, cluster: bool = True) -> dict[str, str]:
    """The parameters of an account in which every model has versions, and whose cluster is there."""
    known = shipped.phased(stack, told["models"])
    return known | ({f"/takeoff/{stack}/platform/cluster": json.dumps(shipped.CLUSTER)} if cluster else {})


def applied(stack: str, told: dict[str, Any], *, suffix: str = "", cluster: bool = True) -> Deployment:
    """What a half of a stack declares by a file that says this; `-apps` is the suffix of the half in the cluster."""
    known = account(stack, told, cluster=cluster)
    return deploy(program, stack=f"{stack}{suffix}", config=handed(told), parameters=known)


@cache
def whole(stack: str) -> Deployment:
    """The AWS half, once its models have versions."""
    return shipped.whole(stack) if stack != "dev" else applied(stack, read(stack))


@cache
def apps(stack: str) -> Deployment:
    """The half in the cluster, once its models have versions."""
    return shipped.apps(stack) if stack != "dev" else applied(stack, read(stack), suffix="-apps")


def objects(stack: str) -> list[dict[str, Any]]:
    """Every Kubernetes object of a stack as it is sent; a chart is none."""
    return [each for each in manifests(apps(stack)) if "kind" in each]
