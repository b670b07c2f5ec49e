"""What `make up` leaves in the cluster of the local stack, put there without the engine."""

from __future__ import annotations

from local.cluster.api import Api
from local.providers.kubernetes.translate import simulated
from tests.stacks.shipped import apps


def deploy(api: Api, stack: str = "local") -> None:
    """Apply every object that the sibling of a shipped stack declares, in the order in which it declares them."""
    for resource in apps(stack).resources:
        if resource.type.startswith("kubernetes:") and "apiVersion" in resource.inputs:
            api.apply(simulated(resource.inputs), force=True)


def replicas(api: Api) -> dict[str, int]:
    """Deployment → pods that it has and that answer; a count that is still on its way is not there."""
    return {
        each["metadata"]["name"]: each["spec"]["replicas"]
        for each in api.list("/apis/apps/v1/deployments")
        if (each.get("status") or {}).get("availableReplicas", 0) == each["spec"]["replicas"]
    }
