"""The role under which a model is served."""

from __future__ import annotations

import pulumi

from components.container_permissions import container_permissions
from components.model_endpoint_args import ModelEndpointArgs
from components.network_interfaces import allow_interfaces
from components.role import Role
from components.site import Site
from components.statement import Statement

# Where SageMaker sends logs and metrics of endpoints.
_LOGS = "/aws/sagemaker/Endpoints"


def model_role(name: str, site: Site, args: ModelEndpointArgs, opts: pulumi.ResourceOptions) -> Role:
    """What a model container may do: read its artifacts, be pulled, write its log. Nothing else.

    What is captured, answered later, run in a VPC or watched adds the permissions for it.
    """
    role = Role(
        f"{name}-model",
        site=site,
        service="sagemaker.amazonaws.com",
        description=f"Serves {args.model} in {site.stack}",
        opts=opts,
    )
    args.models.grant_read(role, args.model)
    group = f"{_LOGS}/{site.name(args.model)}"
    role.allow(*container_permissions(site, args.image, log_group=group, streams="*", namespace=_LOGS))
    if args.capture:
        args.capture.grant(role, args.model)
    if args.asynchronous:
        args.asynchronous.grant(role, args.model, args.alerts)
    if args.placement:
        allow_interfaces(role, site, args.placement)
    if alarms := args.alarm_names(site):
        # SageMaker reads rollback alarms with the permissions of the execution role.
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        watched = [site.arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms]
        role.allow(Statement(actions=["cloudwatch:DescribeAlarms"], resources=watched))
    return role
