"""A bucket that is private, versioned and encrypted, and reached over TLS only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, policy

# Parts of uploads that nobody finished, and versions of objects that have expired.
_UNFINISHED_DAYS, _EXPIRED_VERSION_DAYS = 7, 1


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
    `noncurrent_days`, overwritten and deleted objects go after so many days. `lock` cannot be added later.
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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:data:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            bucket=site.name(name, site.account),
            force_destroy=force_destroy,
            object_lock_enabled=True if lock else None,
            opts=child,
        )
        self._key, self.arn = key, bucket.arn
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        encryption, closed = _encrypted(name, bucket, key, child), _closed(name, bucket, child)
        aws.s3.BucketPolicy(name, bucket=bucket.id, policy=_tls_only(bucket.arn), opts=child)
        if rules := lifecycle(expire or {}, noncurrent_days):
            aws.s3.BucketLifecycleConfiguration(name, bucket=versioning.bucket, rules=rules, opts=child)
        if lock:
            retention = {"default_retention": {"mode": lock.mode, "days": lock.days}}
            aws.s3.BucketObjectLockConfiguration(name, bucket=versioning.bucket, rule=retention, opts=child)
        # Whoever writes must not be faster than the lock on the door.
        self.name = pulumi.Output.all(bucket.id, encryption.id, closed.id).apply(lambda ids: str(ids[0]))
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


def _encrypted(
    name: str, bucket: aws.s3.Bucket, key: Key, opts: pulumi.ResourceOptions
) -> aws.s3.BucketServerSideEncryptionConfiguration:
    """Whatever is written without naming a key is under the stack's."""
    rule = {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": key.arn,
        },
        "bucket_key_enabled": True,
    }
    return aws.s3.BucketServerSideEncryptionConfiguration(name, bucket=bucket.id, rules=[rule], opts=opts)


def _closed(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    """Nothing in it can be made public, by an object's own permissions or by a policy."""
    return aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )


def lifecycle(expire: Mapping[str, int], noncurrent_days: int | None) -> list[dict[str, Any]]:
    """The lifecycle rules of a bucket: what goes when. Empty when everything stays. Raises ValueError.

    A bucket with versions keeps what expires until the old version expires too.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    if wrong := {prefix: days for prefix, days in expire.items() if days < 1}:
        raise ValueError(f"bucket: got expire {wrong}; allowed: 1 day or more")
    rules: list[dict[str, Any]] = [
        {
            "id": f"expire-{prefix.strip('/') or 'all'}",
            "status": "Enabled",
            "filter": {"prefix": prefix},
            "expiration": {"days": days},
            "noncurrent_version_expiration": {"noncurrent_days": _EXPIRED_VERSION_DAYS},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},
        }
        for prefix, days in sorted(expire.items())
    ]
    if noncurrent_days is not None:
        rules.append(
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": noncurrent_days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},
            }
        )
    return rules


def _tls_only(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Deny what does not come over TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, pulumi.Output.concat(arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return policy([statement])
