"""What one step of retraining may do beside reading and writing its run's folder."""

from __future__ import annotations

import pulumi

from components.bucket import Bucket
from components.site import Site
from components.statement import Statement

# What the name of a model's pipeline ends with; a job that a pipeline starts is called pipelines-<execution>-….
PIPELINE, JOBS = "training", "pipelines"


def permissions(site: Site, machine: str, features: Bucket, models: Bucket) -> list[Statement]:
    """Read settings, freeze and the live version's artifact, start and follow this stack's pipelines, see the budget.

    `machine` is the state machine's own name: a step asks whether another execution lives, and starts a cooldown.
    """
    return [*_parameters(site), *_pipelines(site), *_machine(site, machine), *_data(features, models), _budgets(site)]


def _parameters(site: Site) -> list[Statement]:
    under = site.arn("ssm", f"parameter/takeoff/{site.stack}")
    read = [f"{under}/*/{leaf}" for leaf in ("training", "approved", "drift", "freeze", "retraining")]
    return [
        Statement(actions=["ssm:GetParameters"], resources=[*read, f"{under}/freeze", f"{under}/commit"]),
        Statement(actions=["ssm:PutParameter"], resources=[f"{under}/*/retraining"]),
    ]


def _pipelines(site: Site) -> list[Statement]:
    pipelines = site.arn("sagemaker", f"pipeline/{site.name()}-*-{PIPELINE}")
    return [
        Statement(
            actions=[
                "sagemaker:DescribePipeline",
                "sagemaker:ListPipelineExecutions",
                "sagemaker:StartPipelineExecution",
            ],
            resources=[pipelines],
        ),
        Statement(
            actions=["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"],
            resources=[f"{pipelines}/execution/*"],
        ),
        Statement(
            actions=["sagemaker:DescribeProcessingJob"],
            resources=[site.arn("sagemaker", f"processing-job/{JOBS}-*")],
        ),
    ]


def _machine(site: Site, machine: str) -> list[Statement]:
    return [
        Statement(actions=["states:DescribeExecution"], resources=[site.arn("states", f"execution:{machine}:*")]),
        Statement(actions=["states:StartExecution"], resources=[site.arn("states", f"stateMachine:{machine}")]),
    ]


def _data(features: Bucket, models: Bucket) -> list[Statement]:
    """A data set by its version, and artifacts by their name: which models there are is not known here."""
    return [
        Statement(actions=["s3:GetObjectVersion"], resources=[pulumi.Output.concat(features.arn, "/datasets/*")]),
        Statement(actions=["s3:GetObject"], resources=[pulumi.Output.concat(models.arn, "/*/model.tar.gz")]),
    ]


def _budgets(site: Site) -> Statement:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html"""
    budgets = f"arn:{site.partition}:budgets::{site.account}:budget/{site.name()}-*"
    return Statement(actions=["budgets:ViewBudget"], resources=[budgets])
