"""A pool of nodes in a stack file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from catalog import node_pool
from catalog.node_pool_rules import refusals, unguarded
from catalog.requirements import GPU
from infra.config.base import AsTuple, MistakeError, Strict, as_number

PoolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30)]
Names = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], AsTuple]
Memory = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi|Ti)$")]


class Limits(Strict):
    """What a pool may have at once; each tier of it by itself."""

    cpu: Annotated[float, Field(gt=0, le=100_000), BeforeValidator(as_number)] | None = Field(
        default=None, description="cores"
    )
    memory: Memory | None = Field(default=None, description="memory, such as 800Gi")
    gpu: Annotated[int, Field(ge=1, le=10_000)] | None = Field(default=None, description="GPUs")

    def amounts(self) -> dict[str, str]:
        """By the names that Kubernetes has for them."""
        found = {"cpu": None if self.cpu is None else f"{self.cpu:g}", "memory": self.memory, GPU: self.gpu}
        return {name: str(value) for name, value in found.items() if value is not None}


class Sharing(Strict):
    """How pods share a GPU."""

    kind: Literal["time-slicing", "mig"] = Field(description="in turns, or cut into instances (MIG)")
    replicas: Annotated[int, Field(ge=2, le=48)] | None = Field(default=None, description="time-slicing: pods of a GPU")
    profile: str | None = Field(default=None, description="mig: what each GPU is cut into, such as 1g.10gb")


class NodePool(Strict):
    """Nodes of one kind: how they grow from none, and what they may cost at most."""

    accelerator: Literal["none", "nvidia"] = Field(default="none", description="GPUs in all of its nodes, or in none")
    families: Names = Field(default=(), description="instance families, such as m7i: price decides between them")
    types: Names = Field(default=(), description="instance types, in place of families: the first that is to be had")
    capacity: Literal["on-demand", "spot", "spot-then-on-demand"] = Field(
        default="on-demand", description="how instances are bought; spot is taken back with two minutes' notice"
    )
    limits: Limits = Field(default=Limits(), description="what an elastic pool may have at once")
    disk_gib: Annotated[int, Field(ge=20, le=16_384)] = Field(default=80, description="GiB of disk of each node")
    zones: Names = Field(default=(), description="availability zones; all of the network without it")
    architecture: Literal["amd64", "arm64"] = Field(default="amd64", description="processor of its types and images")
    idle_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=60, description="seconds for which a node without work stays"
    )
    sharing: Sharing | None = Field(default=None, description="shared GPUs: in a node group, with min and max")
    reservation: Annotated[str, StringConstraints(pattern=r"^cr-[0-9a-f]{17}$")] | None = Field(
        default=None, description="a capacity reservation: in a node group, with min and max"
    )
    ami: str | None = Field(
        default=None, description="image of a node group's nodes, as EKS calls it; by default AL2023"
    )
    min: Annotated[int, Field(ge=0, le=450)] | None = Field(default=None, description="nodes of a node group")
    max: Annotated[int, Field(ge=0, le=450)] | None = Field(default=None, description="nodes of a node group at most")

    def declared(self, name: str) -> node_pool.NodePool:
        """The pool as everything but the stack file knows it."""
        return node_pool.NodePool(
            name=name,
            accelerator=self.accelerator,
            families=self.families,
            types=self.types,
            capacity=self.capacity,
            limits=self.limits.amounts(),
            disk_gib=self.disk_gib,
            zones=self.zones,
            architecture=self.architecture,
            idle_seconds=self.idle_seconds,
            sharing=node_pool.Sharing(**self.sharing.model_dump()) if self.sharing else None,
            reservation=self.reservation,
            ami=self.ami,
            least=self.min,
            most=self.max,
        )


def require_possible(
    pools: Mapping[str, NodePool],
    *,
    stack: str,
    region: str,
    realtime: Mapping[str, Sequence[str]],
    production: bool,
    zones: Collection[str] = (),
) -> None:
    """Raise MistakeError for the first thing that is wrong with a stack's pools.

    `realtime` are the models that answer requests, by pool; `zones` those of the network, where they are known.
    """
    declared = [pool.declared(name) for name, pool in pools.items()]
    found = [*refusals(declared, stack=stack, region=region, zones=zones)]
    found += [one for each in declared if (one := unguarded(each, realtime.get(each.name, ()), production=production))]
    for each in found:
        raise MistakeError(each.where, each.got, each.allowed)
