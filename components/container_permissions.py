"""What every container of ours on SageMaker does, whether it answers requests or scores a partition."""

from __future__ import annotations

from components.endpoint_rules import image_repository
from components.site import Site
from components.statement import Statement


def container_permissions(site: Site, image: str, *, log_group: str, streams: str, namespace: str) -> list[Statement]:
    """Be pulled, write a log, send metrics. Nothing else.

    `log_group` is the group's name and `streams` what follows it in the ARN of its streams; `namespace` is where the
    metrics go. The image may be another account's, such as one of AWS's own. Raises ValueError for one outside ECR.
    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
    """
    group = site.arn("logs", f"log-group:{log_group}")
    account, region, repository = image_repository(image)
    return [
        Statement(actions=["logs:CreateLogGroup"], resources=[group]),
        Statement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            resources=[f"{group}:{streams}"],
        ),
        Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        Statement(
            actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            resources=[f"arn:{site.partition}:ecr:{region}:{account}:repository/{repository}"],
        ),
        Statement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        ),
    ]
