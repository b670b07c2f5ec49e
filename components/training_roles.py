"""What a training pipeline may do: start its jobs, be those jobs, and register what they made."""

from __future__ import annotations

import pulumi

from components.container_permissions import container_permissions
from components.network_interfaces import allow_interfaces
from components.retraining_permissions import JOBS
from components.role import Role
from components.site import Site
from components.statement import Statement
from components.training_pipeline_args import TrainingPipelineArgs

_LOGS = ("/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs")


def pipeline_role(name: str, site: Site, args: TrainingPipelineArgs, opts: pulumi.ResourceOptions) -> Role:
    """One role for the pipeline and its jobs: a gate reads nothing that training does not.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
    """
    role = Role(
        name,
        site=site,
        service="sagemaker.amazonaws.com",
        description=f"Trains {args.model} in {site.stack}",
        opts=opts,
    )
    for bucket, prefix in ((args.features, f"runs/{args.model}"), (args.models, f"{args.model}/training")):
        bucket.grant_read(role, prefix)
        bucket.grant_write(role, prefix)
    # Streams are named after their job.
    streams = f"log-stream:{JOBS}-*"
    does: list[Statement] = []
    for group in _LOGS:
        each = container_permissions(site, args.image, log_group=group, streams=streams, namespace=group)
        does += [statement for statement in each if statement not in does]
    role.allow(*does, *_starts_jobs(site, args, site.name(name, limit=64)), _registers(site, args))
    if args.placement:
        allow_interfaces(role, site, args.placement)
    return role


def _starts_jobs(site: Site, args: TrainingPipelineArgs, role: str) -> list[Statement]:
    """Start, watch and stop its jobs, hand them this role, and let SageMaker use the key for their volumes."""
    itself = f"arn:{site.partition}:iam::{site.account}:role/{role}"
    kinds = (("Training", "training-job"), ("Processing", "processing-job"))
    return [
        *(
            Statement(
                actions=[f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop")],
                resources=[site.arn("sagemaker", f"{resource}/{JOBS}-*")],
            )
            for kind, resource in kinds
        ),
        Statement(
            actions=["sagemaker:AddTags"],
            resources=[site.arn("sagemaker", f"{resource}/{JOBS}-*") for _, resource in kinds],
        ),
        Statement(
            actions=["iam:PassRole"],
            resources=[itself],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
        Statement(
            actions=["kms:CreateGrant"],
            resources=[args.key.arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]


def _registers(site: Site, args: TrainingPipelineArgs) -> Statement:
    """Add a version to the model's own group."""
    group = pulumi.Output.from_input(args.group)
    return Statement(
        actions=["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags"],
        resources=[
            pulumi.Output.concat(site.arn("sagemaker", "model-package-group/"), group),
            pulumi.Output.concat(site.arn("sagemaker", "model-package/"), group, "/*"),
        ],
    )
