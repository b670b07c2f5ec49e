"""What every bucket of ours has, whoever writes to it: no way to be public, TLS, and an end to what need not stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.key import Key

# Parts of uploads that nobody finished, and versions of objects that have expired.
_UNFINISHED_DAYS, _EXPIRED_VERSION_DAYS = 7, 1


def versioned(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketVersioning:
    """Every object keeps its earlier versions."""
    return aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=opts)


def encrypted(
    name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions, key: Key | None = None
) -> aws.s3.BucketServerSideEncryptionConfiguration:
    """Whatever is written without naming a key is under the given one, or under S3's own where there is none."""
    default: dict[str, pulumi.Input[str]] = {"sse_algorithm": "AES256"}
    if key:
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}
    rule = {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": key is not None}
    return aws.s3.BucketServerSideEncryptionConfiguration(name, bucket=bucket.id, rules=[rule], opts=opts)


def closed(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
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

    A bucket with versions keeps what expires until the old version expires too. Parts of uploads that nobody finished
    go in the whole bucket, as soon as it has a rule at all.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    if wrong := {prefix: days for prefix, days in expire.items() if days < 1}:
        raise ValueError(f"bucket: got expire {wrong}; allowed: 1 day or more")
    if not expire and noncurrent_days is None:
        return []
    rules: list[dict[str, Any]] = [
        {
            "id": "unfinished",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},
        }
    ]
    rules += [
        {
            "id": f"expire-{prefix.strip('/') or 'all'}",
            "status": "Enabled",
            "filter": {"prefix": prefix},
            "expiration": {"days": days},
            "noncurrent_version_expiration": {"noncurrent_days": _EXPIRED_VERSION_DAYS},
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
            }
        )
    return rules


def tls_only(arn: pulumi.Output[str]) -> dict[str, Any]:
    """The statement that denies what does not come over TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, pulumi.Output.concat(arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
