"""How a private subnet calls AWS services: gateway and interface endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.placement import HTTPS, egress_rule
from components.site import Site
from components.statement import policy

# These two are reached by a route and cost nothing; every other service has network interfaces, paid by the hour.
# https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
GATEWAYS = frozenset({"s3", "dynamodb"})


class ServiceEndpoints:
    """The endpoints of one VPC, made under whoever needs them (`opts.parent`), and the rules that let workloads in."""

    def __init__(
        self,
        name: str,
        site: Site,
        vpc_id: pulumi.Input[str],
        *,
        subnets: Sequence[aws.ec2.Subnet],
        tables: Sequence[aws.ec2.RouteTable],
        workloads: aws.ec2.SecurityGroup,
        opts: pulumi.ResourceOptions,
    ) -> None:
        self._name, self._site, self._vpc_id, self._opts = name, site, vpc_id, opts
        self._subnets, self._tables, self._workloads = subnets, tables, workloads
        self.group_id: pulumi.Output[str] | None = None

    def declare(self, services: frozenset[str]) -> list[pulumi.Resource]:
        """Endpoints for the services, and S3's always. Returns what must exist before a call can succeed."""
        made = [each for service in sorted({"s3"} | services & GATEWAYS) for each in self._gateway(service)]
        if by_interface := sorted(services - GATEWAYS):
            made += self._interfaces(by_interface)
        return made

    def _gateway(self, service: str) -> list[pulumi.Resource]:
        endpoint = self._endpoint(
            service,
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in self._tables],
            policy=policy(bucket_rule(self._site)) if service == "s3" else None,
        )
        addresses = endpoint.prefix_list_id
        rule = egress_rule(f"{self._name}-{service}", self._workloads, self._opts, prefix_list_id=addresses)
        return [endpoint, rule]

    def _interfaces(self, services: Sequence[str]) -> list[pulumi.Resource]:
        group = self._group()
        self.group_id = group.id
        rules: list[pulumi.Resource] = [
            egress_rule(f"{self._name}-endpoints", self._workloads, self._opts, referenced_security_group_id=group.id),
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-endpoints",
                security_group_id=group.id,
                referenced_security_group_id=self._workloads.id,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description="Workloads",
                opts=self._opts,
            ),
        ]
        return rules + [
            self._endpoint(
                service,
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in self._subnets],
                security_group_ids=[group.id],
            )
            for service in services
        ]

    def _group(self) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            name=self._site.name(self._name, "endpoints", limit=255),
            description="Endpoints of AWS services",
            vpc_id=self._vpc_id,
            tags={"Name": self._site.name(self._name, "endpoints")},
            opts=self._opts,
        )

    def _endpoint(self, service: str, **rest: Any) -> aws.ec2.VpcEndpoint:
        suffix = service.replace(".", "-")
        return aws.ec2.VpcEndpoint(
            f"{self._name}-{suffix}",
            vpc_id=self._vpc_id,
            service_name=f"com.amazonaws.{self._site.region}.{service}",
            tags={"Name": self._site.name(self._name, suffix)},
            opts=self._opts,
            **rest,
        )


def bucket_rule(site: Site) -> list[dict[str, Any]]:
    """Which buckets can be reached from inside: this account's own, and the one that ECR keeps image layers in.

    Data cannot leave for somebody else's bucket, whatever a role allows.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    own: dict[str, Any] = {
        "Sid": "OwnBuckets",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceAccount": site.account}},
    }
    layers = {
        "Sid": "ImageLayers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:{site.partition}:s3:::prod-{site.region}-starport-layer-bucket/*",
    }
    return [own, layers]
