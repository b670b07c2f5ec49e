"""The Kubernetes cluster in which pools run: of the stack's own, or one that exists."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from catalog import kubernetes_versions, public_ranges
from components.cluster_args import MOST_CIDRS
from infra.config.base import AsTuple, MistakeError, Strict
from infra.config.node_pool import NodePool
from infra.config.platform import Cidr, Network

Persona = Literal["admin", "edit", "view"]
# With its path, as IAM shows it behind `:role/`. https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
RoleName = Annotated[str, StringConstraints(pattern=r"^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$")]
ChartVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]


class Cluster(Strict):
    """A cluster of the stack's own, in EKS Auto Mode, or one that exists; its nodes come from `nodePools`."""

    version: Annotated[str, StringConstraints(pattern=r"^1\.[0-9]+$")] | None = Field(
        default=None, description="version of Kubernetes of a new cluster, one in standard support"
    )
    name: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$")] | None = Field(
        default=None, description="an existing cluster in Auto Mode, in place of `version`"
    )
    access_cidrs: Annotated[tuple[Cidr, ...], AsTuple] = Field(
        default=(),
        max_length=MOST_CIDRS,
        description="public address blocks that reach the API of a new cluster; private without them",
    )
    access: dict[Persona, Annotated[tuple[RoleName, ...], AsTuple]] = Field(
        default_factory=dict, description="names of IAM roles of this account that may enter, by what they may do"
    )
    keda_version: ChartVersion | None = Field(
        default=None, description="version of KEDA's chart, which scales by queues and metrics; none without it"
    )
    kueue_version: ChartVersion | None = Field(
        default=None, description="version of Kueue's chart, which queues jobs; none without it"
    )
    kueue_chart: Annotated[str, StringConstraints(pattern=r"^oci://[a-z0-9.:-]+(/[a-z0-9._-]+)+$")] | None = Field(
        default=None, description="oci:// address of Kueue's chart: its documentation's, or a mirror of yours"
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Cluster:
        if bool(self.version) == bool(self.name):
            got = "both version and name" if self.version else "neither version nor name"
            raise MistakeError("", got, "version for a new cluster, or name of an existing one")
        if self.version and (allowed := kubernetes_versions.refusal(self.version)):
            raise MistakeError("version", repr(self.version), allowed)
        if self.name and self.access_cidrs:
            raise MistakeError("accessCidrs", "ranges for an existing cluster", "none: they are its owner's to name")
        return self

    @model_validator(mode="after")
    def _a_chart_has_its_address(self) -> Cluster:
        if bool(self.kueue_version) != bool(self.kueue_chart):
            got = "kueueVersion without it" if self.kueue_version else "it without kueueVersion"
            raise MistakeError("kueueChart", got, "both, or neither")
        return self

    @model_validator(mode="after")
    def _few_may_knock(self) -> Cluster:
        for number, cidr in enumerate(self.access_cidrs):
            if allowed := public_ranges.refusal(cidr):
                raise MistakeError(f"accessCidrs[{number}]", repr(cidr), allowed)
        if both := public_ranges.overlapping(self.access_cidrs):
            raise MistakeError("accessCidrs", f"{both[0]} and {both[1]}, which overlap", "ranges that share no address")
        return self

    @model_validator(mode="after")
    def _each_role_has_one_persona(self) -> Cluster:
        seen: dict[str, str] = {}
        for persona, roles in self.access.items():
            for role in roles:
                if role in seen:
                    got = f"{role} as {seen[role]} and as {persona}"
                    raise MistakeError(f"access.{persona}", got, "each role once, with the most that it needs")
                seen[role] = persona
        return self


def require_room(cluster: Cluster, pools: Mapping[str, NodePool]) -> None:
    """Raise MistakeError for charts whose pods no pool takes: they ask for no pool and tolerate no taint."""
    named = [key for key, asked in (("keda", cluster.keda_version), ("kueue", cluster.kueue_version)) if asked]
    if named and all(pool.accelerator != "none" for pool in pools.values()):
        raise MistakeError(f"cluster.{named[0]}Version", "no pool for its pods", "a pool with accelerator none as well")


def require_place(cluster: Cluster, network: Network | None, *, protect: bool, deployer: bool) -> None:
    """Raise MistakeError where a cluster has no network, is opened where it must not be, or nobody may enter it."""
    if network is None:
        raise MistakeError("cluster", "no network", "a `network` block in this stack, in which nodes run")
    if cluster.access_cidrs and protect:
        allowed = "none where `protect` is set: the Deployer and a VPN reach the private API"
        raise MistakeError("cluster.accessCidrs", ", ".join(cluster.access_cidrs), allowed)
    if not deployer and not cluster.access.get("admin"):
        allowed = "a `deployer` block, or roles of `admin`: whoever creates a cluster is nobody in it"
        raise MistakeError("cluster.access", "nobody who could declare anything in it", allowed)
    blocks = [("network.cidr", network.cidr), *((f"network.reserved[{n}]", r) for n, r in enumerate(network.reserved))]
    for number, cidr in enumerate(cluster.access_cidrs):
        for where, block in blocks:
            if block and IPv4Network(cidr).overlaps(IPv4Network(block)):
                allowed = f"ranges outside {where}, {block}, whose members reach the private API"
                raise MistakeError(f"cluster.accessCidrs[{number}]", cidr, allowed)
