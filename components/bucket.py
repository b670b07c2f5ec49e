"""A bucket that is private, versioned and encrypted, and reached over TLS only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.access_logs import AccessLogs
from components.bucket_parts import closed, encrypted, lifecycle, tls_only, versioned
from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, policy


@dataclass(frozen=True, kw_only=True)
class ObjectLock:
    """For how many days nobody deletes or overwrites an object. Raises ValueError.

    GOVERNANCE can be lifted by who may s3:BypassGovernanceRetention; COMPLIANCE by nobody, the root user included.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
    """

    days: int
    mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"object lock: got {self.days} days; allowed: 1 or more")


class Bucket(pulumi.ComponentResource):
    """An S3 bucket under a customer-managed key.

    Object ACLs are off (S3's default, `BucketOwnerEnforced`), so a bucket is reached by a grant or not at all.
    `expire` maps a prefix ("" for all) to the days after which its objects are deleted, a day later for good; with
    `noncurrent_days`, overwritten and deleted objects go after so many days. `lock` cannot be added later. `logs` takes
    the record of who asked the bucket for what.
    """

    def __init__(
        self,
        name: str,
        *,
        site: Site,
        key: Key,
        force_destroy: bool,
        expire: Mapping[str, int] | None = None,
        noncurrent_days: int | None = None,
        lock: ObjectLock | None = None,
        logs: AccessLogs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:data:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical = site.name(name, site.account)
        bucket = aws.s3.Bucket(
            name,
            bucket=physical,
            force_destroy=force_destroy,
            object_lock_enabled=True if lock else None,
            opts=child,
        )
        self._key, self.arn = key, bucket.arn
        versioning = versioned(name, bucket, child)
        encryption, block = encrypted(name, bucket, child, key), closed(name, bucket, child)
        aws.s3.BucketPolicy(name, bucket=bucket.id, policy=policy([tls_only(bucket.arn)]), opts=child)
        if rules := lifecycle(expire or {}, noncurrent_days):
            aws.s3.BucketLifecycleConfiguration(name, bucket=versioning.bucket, rules=rules, opts=child)
        if lock:
            retention = {"default_retention": {"mode": lock.mode, "days": lock.days}}
            aws.s3.BucketObjectLockConfiguration(name, bucket=versioning.bucket, rule=retention, opts=child)
        if logs:
            logs.watch(name, bucket, f"{physical}/", child)
        # Whoever writes must not be faster than the lock on the door.
        self.name = pulumi.Output.all(bucket.id, encryption.id, block.id).apply(lambda ids: str(ids[0]))
        self.register_outputs({"name": self.name})

    def grant_read(self, role: Role, prefix: str) -> None:
        """Let a role read the objects under a prefix, and list that prefix."""
        role.allow(Statement(actions=["s3:GetObject"], resources=[self._under(prefix)]))
        self.grant_list(role, prefix)
        self._key.grant_decrypt(role)

    def grant_list(self, role: Role, prefix: str) -> None:
        """Let a role see which objects there are under a prefix."""
        role.allow(
            Statement(
                actions=["s3:ListBucket"],
                resources=[self.arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
            )
        )

    def grant_write(self, role: Role, prefix: str) -> None:
        """Let a role add objects under a prefix; it can neither read nor delete them."""
        role.allow(
            Statement(actions=["s3:PutObject", "s3:AbortMultipartUpload"], resources=[self._under(prefix)]),
        )
        self._key.grant_encrypt(role)

    def _under(self, prefix: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.arn, "/", prefix, "/*")
