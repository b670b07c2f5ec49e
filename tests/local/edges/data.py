"""Buckets and who reads them."""

from __future__ import annotations

from tests.local.edges.edge import MODEL_MAY, STACK, Sabotage

PRIVATE = f"{STACK}every_bucket_is_private_versioned_encrypted_and_tls_only"
BUCKET, PARTS = "components/bucket.py", "components/bucket_parts.py"

EDGES = (
    Sabotage(
        "bucket-versions", "s3.BucketVersioning", PARTS, '{"status": "Enabled"}', '{"status": "Suspended"}', PRIVATE
    ),
    Sabotage(
        "bucket-encryption",
        "s3.BucketServerSideEncryptionConfiguration",
        PARTS,
        '{"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}',
        '{"sse_algorithm": "AES256", "kms_master_key_id": key.arn}',
        PRIVATE,
    ),
    Sabotage(
        "bucket-encryption-key",
        "s3.BucketServerSideEncryptionConfiguration",
        BUCKET,
        "encrypted(name, bucket, child, key)",
        "encrypted(name, bucket, child)",
        PRIVATE,
    ),
    *(
        Sabotage(f"bucket-{flag.replace('_', '-')}", "s3.BucketPublicAccessBlock", PARTS, f"{flag}=True,", "", PRIVATE)
        for flag in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    ),
    Sabotage(
        "bucket-tls",
        "s3.BucketPolicy",
        BUCKET,
        "aws.s3.BucketPolicy(name, bucket=bucket.id, policy=policy([tls_only(bucket.arn)]), opts=child)",
        "",
        PRIVATE,
    ),
    Sabotage("bucket-tls-condition", "s3.BucketPolicy", PARTS, '{"aws:SecureTransport": "false"}', "{}", PRIVATE),
    Sabotage(
        "bucket-waits-for-its-locks",
        "s3.Bucket",
        BUCKET,
        "pulumi.Output.all(bucket.id, encryption.id, block.id)",
        "pulumi.Output.all(bucket.id)",
        "tests/unit/components/test_bucket.py::"
        "test_whoever_takes_a_buckets_name_waits_until_it_is_encrypted_and_closed",
    ),
    Sabotage(
        "bucket-keeps-its-objects",
        "s3.Bucket",
        BUCKET,
        "force_destroy=force_destroy,",
        "force_destroy=True,",
        f"{STACK}the_local_stacks_bucket_goes_with_its_objects_and_any_other_keeps_them",
    ),
    Sabotage("grant-decrypt", "Key grant", BUCKET, "        self._key.grant_decrypt(role)\n", "", MODEL_MAY),
    Sabotage(
        "grant-read", "Bucket grant", BUCKET, 'actions=["s3:GetObject"]', 'actions=["s3:GetObjectAcl"]', MODEL_MAY
    ),
    Sabotage("grant-read-prefix", "Bucket grant", BUCKET, '"/", prefix, "/*"', '"/*"', MODEL_MAY),
    Sabotage(
        "grant-list-prefix",
        "Bucket grant",
        BUCKET,
        'conditions={"StringLike": {"s3:prefix": [f"{prefix}/*"]}},',
        "",
        MODEL_MAY,
    ),
)
