"""Two models on Kubernetes, made by hand, with the pools and addresses that they need."""

from __future__ import annotations

from typing import Any

from catalog.pools import Pool, pool
from components.batch_job import BatchJob
from components.batch_job_args import BatchJobArgs
from components.model_service import ModelService
from components.model_service_args import ModelServiceArgs
from components.namespace import Namespace, NamespaceArgs
from components.network_policy import Reach
from components.pod_scaling import PodScaling
from components.pod_size import PodSize
from components.workload import Workload
from model_code.contract import VersionRecord
from tests.deployment import Deployment, deploy
from tests.unit.components.hosting import OWNER, SITE

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-test-m@sha256:{'a' * 64}"
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
S3 = "52.216.0.0/15"
REACH = Reach(dns="172.20.0.10", https=["10.20.0.0/20", S3])


def _pool(name: str, family: str, *taints: dict[str, str]) -> Pool:
    needs = [{"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": [family]}]
    spec = {"requirements": needs, "taints": list(taints)}
    return pool(name, {"template": {"metadata": {"labels": {"takeoff/pool": name}}, "spec": spec}})


POOLS = (_pool("cpu", "m5"), _pool("gpu", "g5", TAINT))


def record(model: str = "m") -> VersionRecord:
    """A version with an artifact of its own."""
    return VersionRecord(
        version="1" * 12, artifact=f"s3://takeoff-test-models/{model}/a/model.tar.gz", algorithm="x", metrics={}
    )


def size(**more: Any) -> PodSize:
    """Half a core, or what is asked for."""
    return PodSize(**{"cpu": "500m", "memory": "1Gi", **more})


def workload(model: str = "m", **more: Any) -> Workload:
    """A pod on the CPU pool, or what is asked for."""
    given = {"image": IMAGE, "version": record(model), "size": size(), "pool": "cpu", "pools": POOLS}
    return Workload(model=model, **{**given, **more})


def service(model: str = "m", minimum: int = 2, maximum: int = 10, **more: Any) -> ModelServiceArgs:
    """Two to ten pods, counted by CPU."""
    return ModelServiceArgs(workload=workload(model, **more), scaling=PodScaling(minimum=minimum, maximum=maximum))


def job(model: str = "m", **more: Any) -> BatchJobArgs:
    """A job of one pod every night, or what is asked for."""
    given = {"name": "score", "workload": workload(model), "arguments": ["train"], "schedule": "15 3 * * *"}
    return BatchJobArgs(**{**given, **more})


def clustered(
    *services: ModelServiceArgs, jobs: tuple[BatchJobArgs, ...] = (), reach: Reach = REACH, **more: Any
) -> Deployment:
    """Deploy services and jobs, each in the namespace of its model."""

    def program() -> None:
        runs: list[ModelServiceArgs | BatchJobArgs] = [*services, *jobs]
        models = {each.workload.model for each in runs}
        spaces = {}
        for model in sorted(models):
            demands = [each.demand for each in runs if each.workload.model == model]
            args = NamespaceArgs(model=model, owner=OWNER, demands=demands, reach=reach, **more)
            spaces[model] = Namespace(model, SITE, args)
        for each in services:
            ModelService(each.workload.model, spaces[each.workload.model], each)
        for run in jobs:
            BatchJob(f"{run.workload.model}-{run.name}", spaces[run.workload.model], run)

    return deploy(program)


def manifests(deployment: Deployment) -> list[dict[str, Any]]:
    """Every Kubernetes object that was declared, as it is sent."""
    return [_whole(each.inputs) for each in deployment.resources if each.type.startswith("kubernetes:")]


def of(deployment: Deployment, kind: str, name: str | None = None) -> dict[str, Any]:
    """The only object of a kind (and name)."""
    (found,) = [
        each for each in manifests(deployment) if each["kind"] == kind and name in (None, each["metadata"]["name"])
    ]
    return found


def pods(deployment: Deployment) -> list[dict[str, Any]]:
    """The spec of every pod that is declared."""
    found = []
    for each in manifests(deployment):
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found.append(template)
    return found


def _whole(value: Any) -> Any:
    """Protobuf knows floats only: whole numbers are made whole again."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
