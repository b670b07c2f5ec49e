"""What an account or a region has once: declared here and in no other stack, and only where the configuration says."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from bootstrap import policies
from bootstrap.config import Account
from components.bucket import Bucket
from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, policy


class Singletons(pulumi.ComponentResource):
    """Service-linked roles and account-wide settings."""

    def __init__(
        self,
        name: str,
        site: Site,
        config: Account,
        key: Key,
        administrator: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:bootstrap:Singletons", name, None, opts)
        self._site, self._key, self._child = site, key, pulumi.ResourceOptions(parent=self)
        for service, mode in sorted(config.service_linked_roles.items()):
            if mode == "create":
                label = service.removesuffix(".amazonaws.com")
                aws.iam.ServiceLinkedRole(label, aws_service_name=service, opts=self._child)
        if config.api_gateway_logs == "create":
            self._api_gateway_logs()
        if config.config_recorder == "create":
            self._config_recorder()
        if config.lake_formation == "create":
            self._lake_formation(administrator)
        if config.anomaly_monitor == "create":
            aws.costexplorer.AnomalyMonitor(
                "services",
                name=site.name("services"),
                monitor_type="DIMENSIONAL",
                monitor_dimension="SERVICE",
                opts=self._child,
            )
        self.register_outputs({})

    def _api_gateway_logs(self) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""
        role = self._role("api-logs", "apigateway.amazonaws.com", "Writes API Gateway's logs")
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        groups = [self._site.arn("logs", f"log-group:{prefix}*") for prefix in ("/aws/apigateway/", "API-Gateway-")]
        role.allow(Statement(actions=actions, resources=groups))
        aws.apigateway.Account("logs", cloudwatch_role_arn=role.ready_arn, opts=self._child)

    def _config_recorder(self) -> None:
        """Records every resource of the region. https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html"""
        bucket = Bucket("recorded", site=self._site, key=self._key, force_destroy=False, opts=self._child)
        recorder = aws.cfg.Recorder(
            "all",
            name=self._site.name("all"),
            role_arn=self._recorder_role(bucket),
            recording_group={"all_supported": True},
            opts=self._child,
        )
        channel = aws.cfg.DeliveryChannel(
            "all",
            name=self._site.name("all"),
            s3_bucket_name=bucket.name,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[recorder]),
        )
        aws.cfg.RecorderStatus(
            "all",
            name=recorder.name,
            is_enabled=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[channel]),
        )

    def _recorder_role(self, bucket: Bucket) -> pulumi.Output[str]:
        """Reads what AWS's own policy for AWS Config lists, and writes to the one bucket."""
        trust = policies.service_trust("config.amazonaws.com", self._site.account)
        role = aws.iam.Role(
            "recorder",
            name=self._site.name("recorder"),
            assume_role_policy=policies.render(policies.document([trust])),
            opts=self._child,
        )
        reads = aws.iam.RolePolicyAttachment(
            "recorder",
            role=role.name,
            policy_arn=f"arn:{self._site.partition}:iam::aws:policy/service-role/AWS_ConfigRole",
            opts=self._child,
        )
        statements = [
            {"Effect": "Allow", "Action": "s3:GetBucketAcl", "Resource": bucket.arn},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": pulumi.Output.concat(bucket.arn, "/AWSLogs/*")},
            {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": self._key.arn},
        ]
        writes = aws.iam.RolePolicy(
            "recorder", name="permissions", role=role.name, policy=policy(statements), opts=self._child
        )
        return pulumi.Output.all(role.arn, reads.id, writes.id).apply(lambda each: str(each[0]))

    def _lake_formation(self, administrator: pulumi.Input[str]) -> None:
        """New databases and tables are closed: without this every IAM principal may read them, whatever is granted.

        https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
        """
        aws.lakeformation.DataLakeSettings(
            "lake",
            admins=[administrator],
            create_database_default_permissions=[],
            create_table_default_permissions=[],
            opts=self._child,
        )

    def _role(self, name: str, service: str, description: str) -> Role:
        return Role(name, site=self._site, service=service, description=description, opts=self._child)
