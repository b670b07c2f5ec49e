"""Buckets."""

from __future__ import annotations

import pulumi_aws as aws

from components.bucket import Bucket
from components.key import Key
from components.site import Site
from tests.deployment import deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def test_whoever_takes_a_buckets_name_waits_until_it_is_encrypted_and_closed() -> None:
    def program() -> None:
        key = Key("k", site=SITE, purpose="p")
        bucket = Bucket("b", site=SITE, key=key, force_destroy=False)
        aws.s3.BucketObject("first", bucket=bucket.name, key="k", content="c")

    deployment = deploy(program)
    waits = deployment.one(aws.s3.BucketObject).depends_on
    assert deployment.one(aws.s3.BucketServerSideEncryptionConfiguration).urn in waits
    assert deployment.one(aws.s3.BucketPublicAccessBlock).urn in waits
