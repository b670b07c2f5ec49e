"""Who asked the stack's buckets for what, as S3 writes it down."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.bucket_parts import closed, encrypted, lifecycle, tls_only, versioned
from components.site import Site
from components.statement import policy

_DAYS = 90


class AccessLogs(pulumi.ComponentResource):
    """A bucket that S3 alone writes to: a line for each request to the buckets that it watches, kept for 90 days.

    S3 delivers within hours and at best effort, only to a bucket that encrypts with S3's own keys and locks nothing.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    def __init__(
        self, name: str, *, site: Site, force_destroy: bool, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:data:AccessLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical = site.name(name, site.account)
        bucket = aws.s3.Bucket(name, bucket=physical, force_destroy=force_destroy, opts=child)
        versioning = versioned(name, bucket, child)
        encryption, block = encrypted(name, bucket, child), closed(name, bucket, child)
        statements = [tls_only(bucket.arn), _delivered(site, bucket.arn)]
        door = aws.s3.BucketPolicy(name, bucket=bucket.id, policy=policy(statements), opts=child)
        aws.s3.BucketLifecycleConfiguration(
            name, bucket=versioning.bucket, rules=lifecycle({"": _DAYS}, None), opts=child
        )
        # S3 refuses to log to a bucket whose policy does not let it in yet.
        waited = pulumi.Output.all(bucket.id, encryption.id, block.id, door.id)
        self._target: pulumi.Output[str] = waited.apply(lambda ids: str(ids[0]))
        self.register_outputs({"name": self._target})

    def watch(self, name: str, bucket: aws.s3.Bucket, prefix: str, opts: pulumi.ResourceOptions) -> None:
        """Log the requests to a bucket, below a prefix of its own."""
        aws.s3.BucketLogging(name, bucket=bucket.id, target_bucket=self._target, target_prefix=prefix, opts=opts)


def _delivered(site: Site, arn: pulumi.Output[str]) -> dict[str, Any]:
    """Let S3 add the logs of this account's buckets.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general
    """
    return {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": pulumi.Output.concat(arn, "/*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": site.account}},
    }
