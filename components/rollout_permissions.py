"""What Rollout's function may do: converge endpoints, and try new versions of models."""

from __future__ import annotations

from components.key import Key
from components.site import Site
from components.statement import Statement


def reads_and_moves(site: Site) -> list[Statement]:
    """Read what is asked, look at and move this stack's endpoints, suspend their scaling meanwhile, tell the end.

    Of what it reads, `desired` is Pulumi's to write, `override` and `freeze` are people's.
    """
    scaling = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
    endpoints = site.arn("sagemaker", f"endpoint/{site.name()}-*")
    parameters = site.arn("ssm", f"parameter/takeoff/{site.stack}")
    configs = site.arn("sagemaker", f"endpoint-config/{site.name()}-*")
    own = [f"{parameters}/*/{leaf}" for leaf in ("approved", "candidate", "analysis", "decisions/*", "versions/*")]
    asked = [
        f"{parameters}/{leaf}" for leaf in ("*/desired", "*/override", "*/experiment-verdict", "*/freeze", "freeze")
    ]
    return [
        Statement(actions=["ssm:GetParameter", "ssm:GetParameters"], resources=[*asked, *own]),
        Statement(actions=["ssm:PutParameter"], resources=[f"{parameters}/*/outcome", *own]),
        Statement(
            actions=["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
            resources=[endpoints],
        ),
        Statement(actions=["sagemaker:UpdateEndpoint"], resources=[endpoints, configs]),
        # Application Auto Scaling looks at the endpoint's config with its caller's permissions, too.
        # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
        Statement(actions=["sagemaker:DescribeEndpointConfig"], resources=[configs]),
        Statement(actions=["cloudwatch:DescribeAlarms"], resources=[site.arn("cloudwatch", f"alarm:{site.name()}-*")]),
        Statement(actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]),
        Statement(
            actions=["application-autoscaling:RegisterScalableTarget"],
            resources=[site.arn("application-autoscaling", "scalable-target/*")],
            conditions=scaling,
        ),
    ]


def tries(site: Site, key: Key) -> list[Statement]:
    """Make and remove configs in which a version stands beside the live one, and read how both answer."""
    # <endpoint>-canary-<hash> and -shadow-<hash>: no config that Pulumi declares is named so.
    configs = [site.arn("sagemaker", f"endpoint-config/{site.name()}-*-{what}-*") for what in ("canary", "shadow")]
    return [
        Statement(
            actions=[
                "sagemaker:CreateEndpointConfig",
                "sagemaker:DeleteEndpointConfig",
                "sagemaker:AddTags",
            ],
            resources=configs,
        ),
        Statement(
            actions=["sagemaker:ListTags"], resources=[site.arn("sagemaker", f"endpoint-config/{site.name()}-*")]
        ),
        Statement(actions=["cloudwatch:GetMetricData"], resources=["*"]),
        # Whoever asks for volumes under a key gives SageMaker its use.
        # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
        Statement(
            actions=["kms:CreateGrant"],
            resources=[key.arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]
