"""Where in a network something runs."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import pulumi
import pulumi_aws as aws

from components.site import Site

T = TypeVar("T")
HTTPS = 443
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Private subnets and the security group of what runs in them; whoever takes it waits until they lead somewhere.

    `endpoints_group` is the group of the network's own interface endpoints, where it has any.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    endpoints_group: pulumi.Input[str] | None = None

    def vpc_config(self) -> dict[str, Sequence[pulumi.Input[str]]]:
        """The placement as a SageMaker model takes it."""
        return {"subnets": self.subnet_ids, "security_group_ids": self.security_group_ids}


class ExistingNetwork(pulumi.ComponentResource):
    """A VPC that is not ours: only the group of what we run there is made; routes and endpoints are its owner's."""

    def __init__(
        self, name: str, site: Site, vpc_id: str, subnet_ids: Sequence[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:network:ExistingNetwork", name, None, opts)
        if len(subnet_ids) < 2:
            raise ValueError(f"network.subnetIds: got {list(subnet_ids)}; allowed: subnets of two zones or more")
        child = pulumi.ResourceOptions(parent=self)
        group = workload_group(name, site, vpc_id, child)
        way_out = egress_rule(f"{name}-https", group, child, cidr_ipv4=ANYWHERE)
        self.placement = Placement(
            vpc_id=vpc_id, subnet_ids=subnet_ids, security_group_ids=[after(group.id, [way_out])]
        )
        self.register_outputs({"vpc_id": vpc_id})


def existing(
    site: Site, vpc_id: str, subnet_ids: Sequence[str], opts: pulumi.ResourceOptions | None = None
) -> Placement:
    """Place workloads in named private subnets of a named VPC. Raises ValueError for fewer than two subnets."""
    return ExistingNetwork("network", site, vpc_id, subnet_ids, opts).placement


def workload_group(
    name: str, site: Site, vpc_id: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup:
    """A group whose members reach each other, as jobs of several instances must, and nobody else reaches them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html
    """
    group = aws.ec2.SecurityGroup(
        name,
        name=site.name(name, "workloads", limit=255),
        description=f"What {site.stack} runs",
        vpc_id=vpc_id,
        tags={"Name": site.name(name, "workloads")},
        opts=opts,
    )
    for rule in (aws.vpc.SecurityGroupIngressRule, aws.vpc.SecurityGroupEgressRule):
        rule(
            f"{name}-members",
            security_group_id=group.id,
            referenced_security_group_id=group.id,
            ip_protocol="-1",
            description="Instances of one job",
            opts=opts,
        )
    return group


def egress_rule(
    name: str, group: aws.ec2.SecurityGroup, opts: pulumi.ResourceOptions, **to: pulumi.Input[str]
) -> aws.vpc.SecurityGroupEgressRule:
    """Let a group's members call out by HTTPS to one place."""
    return aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description="Calls by HTTPS",
        opts=opts,
        **to,
    )


def after(value: pulumi.Output[T], resources: Iterable[pulumi.Resource]) -> pulumi.Output[T]:
    """The same value, handed on only once the resources exist.

    Joining it with their ids instead would make it unknown in every preview that adds one of them, and the preview
    would then replace whatever takes the value.
    """
    extra = set(resources)

    async def both() -> set[pulumi.Resource]:
        return set(await value.resources()) | extra

    future = cast(Awaitable[T], value.future(with_unknowns=True))
    return pulumi.Output(both(), future, value.is_known(), value.is_secret())
