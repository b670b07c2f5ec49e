"""A bucket that is private, versioned and encrypted, and reached over TLS only."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, policy


class Bucket(pulumi.ComponentResource):
    """An S3 bucket under a customer-managed key.

    Object ACLs are off (S3's default, `BucketOwnerEnforced`), so a bucket is reached by a grant or not at all.
    """

    def __init__(
        self, name: str, *, site: Site, key: Key, force_destroy: bool, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:data:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=site.name(name, site.account), force_destroy=force_destroy, opts=child)
        self._key, self._arn = key, bucket.arn
        aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        closed = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketPolicy(name, bucket=bucket.id, policy=_tls_only(bucket.arn), opts=child)
        # Whoever writes must not be faster than the lock on the door.
        self.name = pulumi.Output.all(bucket.id, encryption.id, closed.id).apply(lambda ids: str(ids[0]))
        self.register_outputs({"name": self.name})

    def grant_read(self, role: Role, prefix: str) -> None:
        """Let a role read the objects under a prefix, and list that prefix."""
        role.allow(
            Statement(actions=["s3:GetObject"], resources=[pulumi.Output.concat(self._arn, "/", prefix, "/*")]),
            Statement(
                actions=["s3:ListBucket"],
                resources=[self._arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
            ),
        )
        self._key.grant_decrypt(role)


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
