"""A bucket and the resources that pulumi-aws splits its settings into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.declared import Declared, Graph, known
from policies.documents import Statement, statements
from policies.links import parts

# The names with V2 are those of pulumi-aws 6, which 7 keeps.
BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
POLICIES: Final = ("aws:s3/bucketPolicy:BucketPolicy",)
ACCESS_BLOCKS: Final = ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",)
ACLS: Final = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
OWNERSHIPS: Final = ("aws:s3/bucketOwnershipControls:BucketOwnershipControls",)


def _both(name: str) -> tuple[str, str]:
    head = name[0].lower() + name[1:]
    return f"aws:s3/{head}:{name}", f"aws:s3/{head}V2:{name}V2"


LOGGINGS: Final = _both("BucketLogging")
VERSIONINGS: Final = _both("BucketVersioning")
ENCRYPTIONS: Final = _both("BucketServerSideEncryptionConfiguration")
LIFECYCLES: Final = _both("BucketLifecycleConfiguration")
LOCKS: Final = _both("BucketObjectLockConfiguration")


def of_bucket(graph: Graph, bucket: Declared, types: tuple[str, ...]) -> list[Declared]:
    """The resources of some types that set something of a bucket."""
    return parts(graph, bucket, "bucket", *types)


def policies(graph: Graph, bucket: Declared) -> Iterator[Statement]:
    """The statements of a bucket's policy, its own property or a resource. Raises UnknownError."""
    yield from statements(bucket, "policy")
    for part in of_bucket(graph, bucket, POLICIES):
        yield from statements(part, "policy")


def takes_logs(graph: Graph, bucket: Declared) -> bool:
    """Whether other buckets send their access logs to this one."""
    return bool(parts(graph, bucket, "targetBucket", *LOGGINGS))


def lifecycle(graph: Graph, bucket: Declared) -> list[Any]:
    """The lifecycle rules of a bucket that are in force. Raises UnknownError."""
    rules: list[Any] = []
    for part in of_bucket(graph, bucket, LIFECYCLES):
        rules += known(part.at("rules"), "rules") or []
    return [rule for rule in rules if known(known(rule, "rules").get("status"), "rules.status") == "Enabled"]
