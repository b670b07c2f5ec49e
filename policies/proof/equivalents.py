"""Mutants that weaken nothing, each with its reason; the proof allows at most one in twenty."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from policies.proof.mutant import Mutant

# A pattern of mutants' ids, and why what it makes is as safe as its twin.
EQUIVALENTS: Final[dict[str, str]] = {
    "widen-action Key data policy{}.Statement?0?": "a key's policy speaks of KMS alone: `*` there is `kms:*`, the "
    "account's own hold of its key, without which nobody could mend the policy",
    **dict.fromkeys(
        (
            "widen-cidr SecurityGroupEgressRule network-endpoints referencedSecurityGroupId 0.0.0.0/0",
            "widen-cidr SecurityGroupEgressRule network-s3 prefixListId 0.0.0.0/0",
            "widen-cidr SecurityGroupEgressRule cluster-api-? referencedSecurityGroupId 0.0.0.0/0",
        ),
        "HTTPS to every address is let out of the same group already, by rule network-https",
    ),
    **dict.fromkeys(
        (
            "widen-cidr SecurityGroupEgressRule network-endpoints referencedSecurityGroupId ::/0",
            "widen-cidr SecurityGroupEgressRule network-s3 prefixListId ::/0",
            "widen-cidr SecurityGroupEgressRule cluster-api-? referencedSecurityGroupId ::/0",
        ),
        "the VPC has no IPv6 addresses, and HTTPS to every IPv4 one is let out already",
    ),
    "drop-condition TopicPolicy * aws:Source*": "the other one of aws:SourceArn and aws:SourceAccount still holds the "
    "service to this account",
    **dict.fromkeys(
        (
            "delete BucketServerSideEncryptionConfiguration logs",
            "empty BucketServerSideEncryptionConfiguration logs rules",
            "drop BucketServerSideEncryptionConfiguration logs rules?0?.applyServerSideEncryptionByDefault",
        ),
        "S3 encrypts every new object with its own keys whether or not a bucket says so, and logs take no other",
    ),
    **dict.fromkeys(
        ("drop Budget budget notifications?[01]?.*", "empty Budget budget notifications?[01]?.*"),
        "the stack's topic for warnings, the other subscriber, tells the same people",
    ),
    **dict.fromkeys(
        tuple(f"delete NetworkPolicy *-{name}" for name in ("dns", "pod-identity", "https", "callers")),
        "what it lets through is closed without it, by the policy that denies by default",
    ),
    **dict.fromkeys(
        ("delete ResourceQuota *-batch", "delete ResourceQuota *-others"),
        "the namespace's quota over all pods still holds these, whatever their priority",
    ),
    "delete Budget budget-*": "the stack's own budget, over all models, still tells the same people",
}
MOST: Final = 0.05


def reason(mutant: Mutant) -> str | None:
    """Why a mutant weakens nothing; None for one that does."""
    return next((why for pattern, why in EQUIVALENTS.items() if fnmatchcase(mutant.id, pattern)), None)


def idle(mutants: Iterable[Mutant]) -> list[str]:
    """The patterns that none of some mutants has: of another stack, or no longer needed."""
    ids = [each.id for each in mutants]
    return [pattern for pattern in EQUIVALENTS if not any(fnmatchcase(each, pattern) for each in ids)]
