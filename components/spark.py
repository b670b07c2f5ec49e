"""Where looks at large models run: one EMR Serverless application for all of a stack's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.endpoint_rules import image_repository
from components.key import Key
from components.part import Part
from components.placement import Placement
from components.role import Role
from components.site import Site
from components.statement import Statement

# Of this release is Spark 3.5.6: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/release-version-7110.html
# The image is made from its base image, and local/cloud/spark.txt names the same Spark.
RELEASE = "emr-7.11.0"
SERVICE = "emr-serverless.amazonaws.com"
_IDLE_MINUTES = 5
_DAYS = 90
# Of a worker, for each vCPU; a worker of 4 vCPUs has 16 GB and a disk of 20 GB unless a run says otherwise.
# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html#spark-defaults
_MEMORY, _DISK = 4, 10
LEAST = 12
"""vCPUs: a driver and two executors."""


@dataclass(frozen=True, kw_only=True)
class SparkArgs:
    """The image that workers run, by digest, and at most how many vCPUs at once (12 or more).

    The image is made by model_code/monitor/Dockerfile; its repository must let EMR Serverless pull it. `owner` answers
    for what is not one model's. In a `placement` the subnets need a way to S3 and CloudWatch Logs.
    Raises ValueError for what EMR Serverless would refuse.
    """

    image: str
    vcpus: int
    owner: str
    key: Key
    placement: Placement | None = None

    def __post_init__(self) -> None:
        if "@sha256:" not in self.image:
            raise ValueError(f"spark image: got {self.image!r}; allowed: an image URI that names its digest")
        image_repository(self.image)
        if self.vcpus < LEAST:
            raise ValueError(f"spark vcpus: got {self.vcpus}; allowed: {LEAST} or more, a driver and two executors")


class SparkApplication(pulumi.ComponentResource):
    """An application that starts with the first run, stops five minutes after the last, and holds nothing between.

    Its runs write into one log, from which CloudWatch takes the models' metrics. EMR Serverless encrypts its workers'
    disks, which hold nothing once a run has ended, under a key of AWS's own.
    """

    CALLS: ClassVar[frozenset[str]] = frozenset({"logs"})

    def __init__(self, name: str, site: Site, args: SparkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:observability:SparkApplication", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        part = Part(name=name, physical=site.name(name), site=site, key=args.key, opts=child, owner=args.owner)
        log = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/emr-serverless/{part.physical}",
            retention_in_days=_DAYS,
            kms_key_id=args.key.arn,
            tags=part.tags,
            opts=child,
        )
        self._log, self._site = log.arn, site
        application = aws.emrserverless.Application(
            name,
            name=part.physical,
            type="spark",
            release_label=RELEASE,
            architecture="X86_64",
            image_configuration={"image_uri": args.image},
            maximum_capacity={
                "cpu": f"{args.vcpus} vCPU",
                "memory": f"{args.vcpus * _MEMORY} GB",
                "disk": f"{args.vcpus * _DISK} GB",
            },
            auto_start_configuration={"enabled": True},
            auto_stop_configuration={"enabled": True, "idle_timeout_minutes": _IDLE_MINUTES},
            monitoring_configuration={
                "cloudwatch_logging_configuration": {"enabled": True, "log_group_name": log.name},
                # AWS's own copy of the logs would be under AWS's own key.
                "managed_persistence_monitoring_configuration": {"enabled": False},
            },
            network_configuration={
                "subnet_ids": args.placement.subnet_ids,
                "security_group_ids": args.placement.security_group_ids,
            }
            if args.placement
            else None,
            tags=part.tags,
            opts=child,
        )
        self.id: pulumi.Output[str] = application.id
        self.arn: pulumi.Output[str] = application.arn
        self.register_outputs({"id": self.id, "arn": self.arn})

    def grant_run(self, role: Role, runners: str) -> None:
        """Let a role start this application's runs, under roles whose names are like `runners`, and see them."""
        site = self._site
        runs = self.arn.apply(lambda arn: f"{arn}/jobruns/*")
        role.allow(
            Statement(actions=["emr-serverless:StartJobRun", "emr-serverless:ListJobRuns"], resources=[self.arn]),
            Statement(actions=["emr-serverless:TagResource"], resources=[runs]),
            Statement(
                actions=["iam:PassRole"],
                resources=[f"arn:{site.partition}:iam::{site.account}:role/{runners}"],
                conditions={"StringEquals": {"iam:PassedToService": SERVICE}},
            ),
        )

    def grant_log(self, role: Role) -> None:
        """Let a run's role write the run's log.

        https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html#jobs-log-storage-cw
        """
        streams = self._log.apply(lambda arn: f"{arn}:*")
        role.allow(
            Statement(actions=["logs:DescribeLogGroups"], resources=[self._site.arn("logs", "log-group:*")]),
            Statement(
                actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], resources=[streams]
            ),
        )
