"""A bucket and the resources that pulumi-aws splits its settings into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, given, known
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
# Where a lifecycle rule says when an overwritten or deleted version goes.
OLD: Final = ("noncurrentVersionExpiration", "noncurrentDays")


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


def whole(rule: Any) -> bool:
    """Whether a lifecycle rule is over its whole bucket. Raises UnknownError."""
    chosen = known(rule.get("filter"), "rules.filter") or {}
    return not given(rule.get("prefix")) and not any(given(known(each, "rules.filter")) for each in chosen.values())


def lock_days(graph: Graph, bucket: Declared) -> int:
    """For how many days a bucket's default lock holds an object; 0 without one. Raises UnknownError."""
    path = "rule.defaultRetention"
    found = [known(part.at(path), path) or {} for part in of_bucket(graph, bucket, LOCKS)]
    days, years = (known(found[0].get(key), f"{path}.{key}") if found else 0 for key in ("days", "years"))
    return int(days or 0) + 365 * int(years or 0)


def days(rule: Mapping[str, Any], block: str, key: str) -> int | None:
    """A number of days that a lifecycle rule names; None where it does not. Raises UnknownError."""
    inner = known(rule.get(block), f"rules.{block}") or {}
    found = known(inner.get(key), f"rules.{block}.{key}")
    return None if found is None else int(found)
