"""Workloads of the scenarios: what the program deployed, read back, with another place, size or number."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from catalog.pools import POOL_LABEL
from local.cluster.api import Api

Manifest = dict[str, Any]
SIMULATION = "takeoff/simulation"  # the label of everything that a scenario makes
COMPONENT = "app.kubernetes.io/component"
_MODEL = "model"  # the container and the service account of every model's pods
# What the job controller writes into a job's pods.
_OWN = ("batch.kubernetes.io/", "controller-uid", "job-name")


def service_path(stack: str, model: str) -> str:
    """Where the Deployment of a model that answers on Kubernetes is."""
    return f"/apis/apps/v1/namespaces/{stack}-{model}/deployments/{model}"


def template(api: Api, stack: str, model: str) -> Manifest:
    """The pod template of a deployed model's service. Raises ApiError."""
    found: Manifest = api.get(service_path(stack, model))["spec"]["template"]
    return found


def budget(api: Api, stack: str, model: str) -> Manifest:
    """The spec of the disruption budget of a deployed model's service. Raises ApiError."""
    found: Manifest = api.get(f"/apis/policy/v1/namespaces/{stack}-{model}/poddisruptionbudgets/{model}")["spec"]
    return found


def breakable(budget: Mapping[str, Any], replicas: int) -> int:
    """How many of so many pods a disruption budget lets go at a time."""
    most, least = budget.get("maxUnavailable"), budget.get("minAvailable")
    if isinstance(most, int):
        return most
    if isinstance(least, int):
        return replicas - least
    raise ValueError(f"disruption budget: got {dict(budget)!r}; allowed: a number as maxUnavailable or minAvailable")


def job(api: Api, stack: str, model: str) -> Manifest | None:
    """The spec of a job of a deployed model that runs once; None where it has none."""
    found = api.list(f"/apis/batch/v1/namespaces/{stack}-{model}/jobs", labels=f"{COMPONENT}=job")
    spec = next((each["spec"] for each in found if not each["metadata"].get("ownerReferences")), None)
    if spec is None:
        return None
    spec = {name: value for name, value in spec.items() if name not in {"selector", "manualSelector"}}
    labels = spec["template"]["metadata"]["labels"]
    spec["template"]["metadata"]["labels"] = {k: v for k, v in labels.items() if not k.startswith(_OWN)}
    return spec


def changed(
    pods: Mapping[str, Any],
    scenario: str,
    *,
    pool: str | None = None,
    resources: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
) -> Manifest:
    """A pod template with another pool, other resources of its container, or without a member of its spec.

    Everything else is what the program declared. Its pods say whose they are, and answer for no service.
    """
    made = copy.deepcopy(dict(pods))
    made["metadata"]["labels"] = {**made["metadata"]["labels"], SIMULATION: scenario}
    made["metadata"].setdefault("annotations", {}).update(annotations or {})
    spec = made["spec"]
    if pool is not None:
        spec["nodeSelector"] = {**spec["nodeSelector"], POOL_LABEL: pool}
    if resources:
        # The container that fetches the model asks for the same, less the GPUs.
        for each in (*spec["containers"], *spec.get("initContainers", ())):
            own = dict(resources) if each["name"] == _MODEL else {k: v for k, v in resources.items() if "/" not in k}
            each["resources"] = {"requests": own, "limits": own}
    for member in without:
        spec.pop(member, None)
    return made


def deployment(namespace: str, name: str, pods: Mapping[str, Any], replicas: int) -> Manifest:
    """A Deployment of a template, which chooses its pods by the scenario alone."""
    own = {SIMULATION: pods["metadata"]["labels"][SIMULATION], "app.kubernetes.io/name": name}
    labels = {**pods["metadata"]["labels"], **own}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": own},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": own},
            "template": {**pods, "metadata": {**pods["metadata"], "labels": labels}},
        },
    }


def namespace(scenario: str) -> list[Manifest]:
    """A namespace of a scenario's own, with the account that models' pods run as."""
    name = f"simulate-{scenario}"
    labels = {SIMULATION: scenario}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": _MODEL, "namespace": name, "labels": labels},
            "automountServiceAccountToken": False,
        },
    ]
