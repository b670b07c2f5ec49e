"""What a batch run may do: the model in its container, and the function that starts jobs."""

from __future__ import annotations

from components.batch_inference_args import BatchInferenceArgs
from components.container_permissions import container_permissions
from components.network_interfaces import allow_interfaces
from components.part import Part
from components.role import Role
from components.statement import Statement

# Where SageMaker sends logs and metrics of transform jobs.
_LOGS = "/aws/sagemaker/TransformJobs"


def model_role(part: Part, args: BatchInferenceArgs, jobs: str) -> Role:
    """What a transform job does: read its artifact and the inputs, write outputs, and what every container does.

    Names of jobs begin with `jobs`.
    """
    role = part.role("model", "sagemaker", f"Scores partitions with {args.model} in {part.site.stack}")
    args.models.grant_read(role, args.model)
    args.source.grant_read(role, args.source_prefix)
    # The manifest of a job's inputs is beside its outputs.
    args.output.grant_read(role, args.outputs)
    args.output.grant_write(role, args.outputs)
    # Streams are named after their job.
    streams = f"log-stream:{jobs}-*"
    role.allow(*container_permissions(part.site, args.image, log_group=_LOGS, streams=streams, namespace=_LOGS))
    if args.placement:
        allow_interfaces(role, part.site, args.placement)
    return role


def step_role(part: Part, args: BatchInferenceArgs, jobs: str, outcome: str) -> Role:
    """What one step does: list inputs and outputs, write a manifest and the record of success, start and watch jobs.

    Names of jobs begin with `jobs`; `outcome` is the parameter of the last verdict.
    """
    role = part.role("step", "lambda", f"One step of a batch run of {args.model}")
    args.output.grant_write(role, args.outputs)
    args.source.grant_list(role, args.source_prefix)
    args.output.grant_list(role, args.outputs)
    role.allow(
        Statement(
            actions=["sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:AddTags"],
            resources=[part.site.arn("sagemaker", f"transform-job/{jobs}-*")],
        ),
        # Whoever asks for a volume under a key gives SageMaker its use.
        # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
        Statement(
            actions=["kms:CreateGrant"],
            resources=[args.key.arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(actions=["ssm:PutParameter"], resources=[part.site.arn("ssm", f"parameter{outcome}")]),
    )
    return role
