"""A customer-managed KMS key that rotates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.role import Role
from components.site import Site
from components.statement import Statement

# These do not say for which account they use a topic's key: a condition on it would drop every message.
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
_UNNAMED = frozenset({"events.amazonaws.com"})


class Key(pulumi.ComponentResource):
    """A KMS key with yearly rotation and an alias; who may use it is decided by IAM policies, not by the key's own.

    `deletion_days` (7–30) is how long AWS keeps a deleted key before what it encrypted is lost. `services` are AWS
    services that use the key with no role of ours, such as cloudwatch.amazonaws.com for an encrypted topic; they may
    decrypt and make data keys on this account's behalf. CloudWatch Logs may always: for this account's log groups.
    """

    def __init__(
        self,
        name: str,
        *,
        site: Site,
        purpose: str,
        deletion_days: int = 30,
        services: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:access:Key", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            name,
            description=purpose,
            enable_key_rotation=True,
            deletion_window_in_days=deletion_days,
            policy=_account_decides(site, services),
            opts=child,
        )
        aws.kms.Alias(name, name=f"alias/{site.name(name)}", target_key_id=key.key_id, opts=child)
        self.arn, self.services = key.arn, tuple(services)
        self.register_outputs({"arn": self.arn})

    def grant_decrypt(self, role: Role) -> None:
        """Let a role read what the key encrypted."""
        role.allow(Statement(actions=["kms:Decrypt"], resources=[self.arn]))

    def grant_encrypt(self, role: Role) -> None:
        """Let a role write under the key. A large upload to S3 reads its own parts, hence Decrypt.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        """
        role.allow(Statement(actions=["kms:GenerateDataKey", "kms:Decrypt"], resources=[self.arn]))


def _account_decides(site: Site, services: Sequence[str]) -> str:
    """The key policy that hands access control to IAM; without it nobody could administer the key.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{site.partition}:iam::{site.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    statements = [statement, _logs(site), *(_service(site, service) for service in services)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)


def _logs(site: Site) -> dict[str, Any]:
    """Let CloudWatch Logs encrypt log groups of this account and region; it says for which by the encryption context.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{site.region}.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": site.arn("logs", "log-group:*")}},
    }


def _service(site: Site, service: str) -> dict[str, Any]:
    """Let a service use the key, for this account's resources only where the service says whose they are."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    if service not in _UNNAMED:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": site.account}}
    return statement
