"""What a batch run may do: the model in its container, and the function that starts jobs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.batch_inference_args import BatchInferenceArgs
from components.container_permissions import container_permissions
from components.network_interfaces import allow_interfaces
from components.role import Role
from components.site import Site
from components.statement import Statement, writes_log

# Where SageMaker sends logs and metrics of transform jobs.
_LOGS = "/aws/sagemaker/TransformJobs"


@dataclass(frozen=True, kw_only=True)
class BatchPlaces:
    """Where a model's batch stands: what its jobs' names begin with, and the parameter of the last verdict."""

    name: str
    site: Site
    jobs: str
    outcome: str
    opts: pulumi.ResourceOptions


def model_role(places: BatchPlaces, args: BatchInferenceArgs) -> Role:
    """What a transform job does: read its artifact and the inputs, write outputs, and what every container does."""
    site = places.site
    role = Role(
        f"{places.name}-model",
        site=site,
        service="sagemaker.amazonaws.com",
        description=f"Scores partitions with {args.model} in {site.stack}",
        opts=places.opts,
    )
    args.models.grant_read(role, args.model)
    args.source.grant_read(role, args.source_prefix)
    # The manifest of a job's inputs is beside its outputs.
    args.output.grant_read(role, args.outputs)
    args.output.grant_write(role, args.outputs)
    # Streams are named after their job.
    streams = f"log-stream:{places.jobs}-*"
    role.allow(*container_permissions(site, args.image, log_group=_LOGS, streams=streams, namespace=_LOGS))
    if args.placement:
        allow_interfaces(role, site, args.placement)
    return role


def step_role(places: BatchPlaces, args: BatchInferenceArgs, log: pulumi.Output[str]) -> Role:
    """What one step does: list inputs and outputs, write a manifest and the record of success, start and watch jobs."""
    site = places.site
    role = Role(
        f"{places.name}-step",
        site=site,
        service="lambda.amazonaws.com",
        description=f"One step of a batch run of {args.model}",
        opts=places.opts,
    )
    args.output.grant_write(role, args.outputs)
    jobs = [site.arn("sagemaker", f"transform-job/{places.jobs}-*")]
    args.source.grant_list(role, args.source_prefix)
    args.output.grant_list(role, args.outputs)
    role.allow(
        Statement(
            actions=["sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:AddTags"],
            resources=jobs,
        ),
        # Whoever asks for a volume under a key gives SageMaker its use.
        # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
        Statement(
            actions=["kms:CreateGrant"],
            resources=[args.key.arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(actions=["ssm:PutParameter"], resources=[site.arn("ssm", f"parameter{places.outcome}")]),
        writes_log(log),
    )
    return role
