"""How objects are kept: logged, versioned, encrypted, and locked where they are evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, given, known
from policies.links import each
from policies.rule import FSBP, OWN, Broken, Rule, Settings, StackRule
from policies.rules.s3.parts import (
    BUCKETS,
    ENCRYPTIONS,
    LOCKS,
    LOGGINGS,
    VERSIONINGS,
    lock_days,
    of_bucket,
    takes_logs,
)
from policies.sources import hub


def _logged(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        # A bucket that logged its own logs would never stop.
        if takes_logs(graph, bucket):
            return _refused(graph, bucket)
        targets = [part.at("targetBucket") for part in of_bucket(graph, bucket, LOGGINGS)]
        return None if any(given(target) for target in targets) else "no BucketLogging"

    return each(graph.of(*BUCKETS), check)


def _refused(graph: Graph, bucket: Declared) -> str | None:
    """Why S3 delivers no logs to a bucket that should take them: it says so to nobody.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    if lock_days(graph, bucket):
        return "a default retention, under which S3 delivers no logs"
    algorithms = [_algorithm(rule) for rule in _encryption(graph, bucket)]
    return next(
        (f"sseAlgorithm {each}, under which S3 delivers no logs" for each in algorithms if each != "AES256"), None
    )


def _versioned(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        path = "versioningConfiguration.status"
        found = [known(part.at(path), path) for part in of_bucket(graph, bucket, VERSIONINGS)]
        return None if "Enabled" in found else f"versioning {found[0] if found else 'not declared'}"

    return each(graph.of(*BUCKETS), check)


def _encrypted(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        # S3 delivers its logs to a bucket under its own keys only.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
        if takes_logs(graph, bucket):
            return None
        found = [_without_key(rule) for rule in _encryption(graph, bucket)] or ["no encryption configuration"]
        return next((got for got in found if got), None)

    return each(graph.of(*BUCKETS), check)


def _encryption(graph: Graph, bucket: Declared) -> list[Mapping[str, Any]]:
    """The rules by which a bucket encrypts. Raises UnknownError."""
    parts = of_bucket(graph, bucket, ENCRYPTIONS)
    return [known(rule, "rules") or {} for part in parts for rule in known(part.at("rules"), "rules") or ()]


def _default(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return known(rule.get("applyServerSideEncryptionByDefault"), "rules.applyServerSideEncryptionByDefault") or {}


def _algorithm(rule: Mapping[str, Any]) -> str:
    """By what a rule encrypts; S3's own keys where it does not say. Raises UnknownError."""
    path = "rules.applyServerSideEncryptionByDefault.sseAlgorithm"
    return str(known(_default(rule).get("sseAlgorithm"), path) or "AES256")


def _without_key(rule: Mapping[str, Any]) -> str | None:
    algorithm, key = _algorithm(rule), _default(rule).get("kmsMasterKeyId")
    if algorithm not in ("aws:kms", "aws:kms:dsse"):
        return f"sseAlgorithm {algorithm}"
    if not given(key) or (isinstance(key, str) and "alias/aws/" in key):
        return f"kmsMasterKeyId {key or 'left out'}"
    return None


def _locked(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        if known(bucket.at("objectLockEnabled"), "objectLockEnabled") is not True:
            return "objectLockEnabled left out" if bucket.name in settings["buckets"] else None
        path = "rule.defaultRetention"
        found = [known(part.at(path), path) or {} for part in of_bucket(graph, bucket, LOCKS)]
        if not found:
            return "no BucketObjectLockConfiguration"
        mode, kept = known(found[0].get("mode"), f"{path}.mode"), lock_days(graph, bucket)
        if mode in settings["modes"] and kept >= settings["least"]:
            return None
        return f"mode {mode or 'left out'} for {kept} days"

    return each(graph.of(*BUCKETS), check)


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="S3.9",
        name="s3-9-access-is-logged",
        severity="medium",
        frameworks=(FSBP,),
        title="who asks a bucket for what is logged",
        allowed="a BucketLogging with a targetBucket; of the bucket that takes the logs instead AES256 and no lock",
        fix="declare a BucketLogging to the stack's bucket for logs",
        source=hub("S3.9"),
        types=BUCKETS,
        check=_logged,
    ),
    StackRule(
        control="S3.14",
        name="s3-14-versioned",
        severity="low",
        # AWS's control, which its own standard leaves out: an overwritten model or feature is lost without it.
        frameworks=(OWN,),
        title="a bucket keeps earlier versions of its objects",
        allowed="a BucketVersioning with status Enabled",
        fix="declare it beside the bucket",
        source=hub("S3.14"),
        types=BUCKETS,
        check=_versioned,
    ),
    StackRule(
        control="S3.17",
        name="s3-17-encrypted-with-a-key",
        severity="medium",
        frameworks=(OWN,),  # as S3.14
        title="a bucket encrypts with a key that its owner holds",
        allowed="sseAlgorithm aws:kms with kmsMasterKeyId of a customer-managed key",
        fix="declare a BucketServerSideEncryptionConfiguration with the stack's key",
        source=hub("S3.17"),
        types=BUCKETS,
        check=_encrypted,
    ),
    StackRule(
        control="Takeoff.25",
        name="takeoff-25-audit-cannot-be-rewritten",
        severity="high",
        frameworks=(OWN,),
        title="what is audited cannot be rewritten",
        allowed="objectLockEnabled on the buckets of setting `buckets`; a default retention in one of `modes` for at "
        "least `least` days",
        fix="declare the bucket with a lock (ObjectLock); lake.auditMode and lake.auditDays in the stack file",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
        settings={"buckets": ["audit"], "modes": ["COMPLIANCE"], "least": 365},
        types=BUCKETS,
        check=_locked,
    ),
)
