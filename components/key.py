"""A customer-managed KMS key that rotates."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.role import Role
from components.site import Site
from components.statement import Statement


class Key(pulumi.ComponentResource):
    """A KMS key with yearly rotation and an alias; who may use it is decided by IAM policies, not by the key's own.

    `deletion_days` (7–30) is how long AWS keeps a deleted key before what it encrypted is lost.
    """

    def __init__(
        self,
        name: str,
        *,
        site: Site,
        purpose: str,
        deletion_days: int = 30,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:access:Key", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            name,
            description=purpose,
            enable_key_rotation=True,
            deletion_window_in_days=deletion_days,
            policy=_account_decides(site),
            opts=child,
        )
        aws.kms.Alias(name, name=f"alias/{site.name(name)}", target_key_id=key.key_id, opts=child)
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})

    def grant_decrypt(self, role: Role) -> None:
        """Let a role read what the key encrypted."""
        role.allow(Statement(actions=["kms:Decrypt"], resources=[self.arn]))


def _account_decides(site: Site) -> str:
    """The key policy that hands access control to IAM; without it nobody could administer the key.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{site.partition}:iam::{site.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
