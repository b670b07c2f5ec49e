"""What a model runs in the cluster, by its entry in the stack file: one half of a stack proves it, one makes it."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.node_pool_objects import schedulable
from catalog.pod_requests import quantity
from catalog.pools import Pool
from components.batch_job_args import BatchJobArgs
from components.model_service_args import ModelServiceArgs
from components.pod_scaling import PodMetric, PodScaling
from components.pod_size import PodSize
from components.quota import Quota
from components.workload import Workload
from components.workload import prove as prove_placed
from infra import config as keys
from infra.account import Facts


def prove(name: str, model: keys.Model, config: keys.Stack, stack: str) -> None:
    """Raise ValueError where a pod of a model would not land on the one pool that it is meant for, or has no quota."""
    pools, most = declared(config, stack), quota(model)
    for where, block in _blocks(model).items():
        try:
            prove_placed(name, block.pool, _size(block), pools)
        except ValueError as error:
            raise ValueError(f"{where}: {str(error).removeprefix(f'{name}: ')}") from error
        if most and (short := most.short_of(Quota.of(_size(block), 1))):
            raise ValueError(f"quota: got {short}; allowed: a quota that holds one replica of {where}")


def quota(model: keys.Model) -> Quota | None:
    """What all pods of a model may ask for, where its entry says it."""
    block = model.quota
    if not block:
        return None
    return Quota(cpu=quantity(block.cpu), memory=quantity(block.memory), gpu=block.gpu, pods=block.pods)


def declared(config: keys.Stack, stack: str) -> list[Pool]:
    """Every pool of a stack as the scheduler sees it."""
    return [pool for name, block in config.node_pools.items() for pool in schedulable(block.declared(name), stack)]


def service(name: str, model: keys.Model, facts: Facts, pools: list[Pool]) -> ModelServiceArgs | None:
    """The pods that answer; none of a model with an endpoint. Raises ValueError."""
    block = model.pods
    if not block:
        return None
    asked = block.scale_on
    metric = None if asked == "cpu" else PodMetric(name=asked.metric, target=asked.target)
    return ModelServiceArgs(
        workload=_workload(name, model, facts, block, block.version, pools),
        scaling=PodScaling(minimum=block.replicas.min, maximum=block.replicas.max, metric=metric),
    )


def jobs(name: str, model: keys.Model, facts: Facts, pools: list[Pool]) -> list[BatchJobArgs]:
    """The model's jobs in the stack file's order. Raises ValueError."""
    return [
        BatchJobArgs(
            name=job,
            workload=_workload(name, model, facts, block, model.job_version, pools),
            arguments=block.command,
            schedule=block.schedule or "",
            completions=block.completions,
            parallelism=block.parallelism,
            retries=block.retries,
            deadline_seconds=60 * block.deadline_minutes,
        )
        for job, block in model.jobs.items()
    ]


def _workload(
    name: str, model: keys.Model, facts: Facts, block: keys.Pods | keys.PodJob, version: str, pools: list[Pool]
) -> Workload:
    return Workload(
        model=name,
        image=model.image or facts.image,
        version=facts.versions[version],
        size=_size(block),
        pool=block.pool,
        pools=pools,
        environment=model.environment,
    )


def _blocks(model: keys.Model) -> Mapping[str, keys.Pods | keys.PodJob]:
    """Everything of a model that runs in pods, by its place in the model's entry."""
    answering = {"pods": model.pods} if model.pods else {}
    return {**answering, **{f"jobs.{job}": block for job, block in model.jobs.items()}}


def _size(block: keys.Pods | keys.PodJob) -> PodSize:
    return PodSize(cpu=block.cpu, memory=block.memory, gpu=block.gpu)
