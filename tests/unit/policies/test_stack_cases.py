"""Rules over the stack find each of the things that their cases break, not just one."""

from __future__ import annotations

from datetime import date

import pytest

from policies.configuration import configuration
from policies.declared import Graph
from policies.judge import judged
from policies.rule import StackRule
from policies.rules import RULES
from tests.unit.policies.case import declared
from tests.unit.policies.cases._policy import allow, policy
from tests.unit.policies.test_cases import CASES

BROKEN = {
    "s3-5-tls-only": {"none", "allows", "narrow", "objects", "some", "turned"},
    "s3-8-bucket-blocks-public-access": {"raw", "none"},
    "s3-13-lifecycle": {"raw", "none"},
    "s3-14-versioned": {"raw", "none"},
    "s3-17-encrypted-with-a-key": {"none", "empty", "own", "keyless", "aws"},
    "takeoff-25-audit-cannot-be-rewritten": {"audit", "bare", "soft", "short"},
    "takeoff-27-expiry-is-bounded": {"raw", "versions"},
    "takeoff-27-old-versions-are-bounded": {"raw", "short", "ever", "elsewhere", "audit"},
    "takeoff-27-unfinished-uploads-go": {"raw", "some", "tagged", "none"},
    "s3-9-access-is-logged": {"raw", "keyed", "locked"},
    "takeoff-19-key-policies": {"whoever", "theirs", "groups", "stranger", "anybody", "service"},
    "iam-21-no-whole-services": {"p0", "p1"},
    "kms-1-managed-policies-name-keys": {"p0", "p1"},
    "takeoff-20-trust-is-narrow": {
        "whoever", "theirs", "any", "all", "stranger", "account", "branches", "audience",
    },
    "takeoff-20-roles-carry-the-boundary": {"b"},
    "takeoff-45-every-role-may-something": {"a"},
    "ec2-2-default-group-is-closed": {"net", "bare"},
    "ec2-6-flow-logs": {"net", "bare"},
    "takeoff-22-flow-logs-are-whole": {"net", "bare"},
    "ecr-3-lifecycle": {"a", "bare"},
    "takeoff-30-logs-are-declared": {"f", "p", "x", "m", "n"},
    "takeoff-36-builds-have-roles-of-their-own": {"p", "q"},
    "takeoff-44-builds-run-inside": {"p", "open"},
    "takeoff-19-resource-policies": {"whoever", "theirs", "wide", "all", "group", "images", "anybody"},
    "takeoff-23-topics-are-heard": {"b"},
    "dynamodb-1-scales": {"t", "fixed"},
    "takeoff-46-rules-have-targets": {"s"},
    "takeoff-48-workloads-are-private": {"x", "planned"},
    "takeoff-6-budget": {"x", "m", "n", "o"},
    "takeoff-12-model-tags": {"bare", "half", "empty"},
    "takeoff-13-residency": {"p", "image", "zone", "own"},
    "takeoff-23-alarms-act": {"silent", "off", "long", "burn"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_everything_broken_is_found(name: str) -> None:
    rule, case = next(rule for rule in RULES if rule.name == name), CASES[name]
    config = configuration({name: dict(case.settings)}, {name: rule.settings})
    found = judged(Graph(case.violating), config, date(2026, 11, 1), [rule])
    assert {finding.resource for finding in found} == BROKEN[name]


@pytest.mark.parametrize(
    "name", ["s3-6-no-control-from-abroad", "takeoff-19-resource-policies", "takeoff-19-key-policies"]
)
def test_everybody_is_nobodys_own_where_no_account_is_known(name: str) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    assert isinstance(rule, StackRule)
    type_ = "aws:kms/key:Key" if "key" in name else "aws:s3/bucketPolicy:BucketPolicy"
    resource = declared(type_, policy=policy(allow("s3:PutBucketPolicy", "*", "*")))
    assert [broken.resource for broken in rule.check(Graph([resource]), rule.settings)] == [resource]
