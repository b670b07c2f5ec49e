"""What policies allow: actions by name, on resources by name, under conditions where a resource cannot narrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from policies.declared import Declared, Graph
from policies.documents import Statement
from policies.links import each
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.iam.identity import INLINE, MANAGED, POLICIES, allowed, first, is_boundary
from policies.sources import hub

_REFERENCE: Final = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "reference_policies_actions-resources-contextkeys.html"
)
# Actions for which AWS knows no resource; each is without a resource type in the reference above.
UNSCOPED: Final = (
    "application-autoscaling:Describe*", "cloudtrail:LookupEvents", "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "cloudwatch:PutMetricData", "ec2:Describe*",
    "ecr:GetAuthorizationToken", "iam:ListRoles", "lakeformation:GetDataAccess", "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
    "logs:PutResourcePolicy", "logs:UpdateLogDelivery", "s3:ListAllMyBuckets", "servicequotas:Get*",
    "servicequotas:List*", "sts:GetCallerIdentity", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords", "xray:PutTraceSegments",
)  # fmt: skip
# Kinds of which AWS makes up the names, so that none is known before: all of a kind in one account and region.
_UNNAMEABLE: Final = ("network-interface", "scalable-target", "volume")
# Step Functions and the flow-log service look at all groups before they write to theirs.
_LOOKS_AT_ALL: Final = ("logs:describeloggroups",)
# Parts of names after which a wildcard may stand: what can be read of a thing, and KMS's ways of making data keys.
_VERBS: Final = re.compile(r"^[a-z0-9-]+:(Describe|List|BatchGet|GenerateDataKey|ReEncrypt)\w*\*$")
# What a resource cannot narrow, and the condition that does.
_CONDITIONED: Final = {
    "application-autoscaling:RegisterScalableTarget": "application-autoscaling:service-namespace",
    "cloudwatch:PutMetricData": "cloudwatch:namespace",
    "iam:CreateServiceLinkedRole": "iam:AWSServiceName",
    "kms:CreateGrant": "kms:GrantIsForAWSResource",
    "s3:ListBucket": "s3:prefix",
}
_DECRYPTS: Final = ("kms:Decrypt", "kms:ReEncryptFrom")


def _everything(statement: Statement) -> str | None:
    return "* on *" if "*" in statement.actions and "*" in statement.resources else None


def _decrypts(statement: Statement) -> str | None:
    keys = [each for each in statement.resources if each == "*" or re.search(r":(key|alias)/\*$", each)]
    actions = [action for action in _DECRYPTS if statement.does(action)]
    return f"{', '.join(actions)} on {keys[0]}" if keys and actions else None


def _broad(statement: Statement) -> str | None:
    if statement.not_actions:
        return f"NotAction {', '.join(statement.not_actions)}"
    broad = [each for each in statement.actions if "*" in each and not _VERBS.match(each)]
    return ", ".join(broad) or None


def _anywhere(statement: Statement) -> str | None:
    if statement.not_resources:
        return f"NotResource {', '.join(statement.not_resources)}"
    actions = [each for each in statement.actions if not any(fnmatchcase(each, one) for one in UNSCOPED)]
    wide = [each for each in statement.resources if _wide(each, statement)]
    if not wide or not actions:
        return None
    return f"{', '.join(actions)} on {', '.join(wide)}"


def _wide(resource: str, statement: Statement) -> bool:
    fields = resource.split(":", 5)
    if len(fields) < 6:
        return "*" in resource
    if any("*" in field for field in fields[1:5]) or fields[5].startswith("*"):
        return True
    if fields[2] == "s3":  # what follows is a bucket's name, and its objects
        return False
    kind, _, name = fields[5].replace(":", "/", 1).partition("/")
    if kind in _UNNAMEABLE or all(action.lower() in _LOOKS_AT_ALL for action in statement.actions):
        return False
    return (name or kind).startswith("*")


def _unconditional(resource: Declared, _settings: Settings) -> str | None:
    statements = allowed(resource)
    objects = {each for statement in statements if statement.does("s3:GetObject") for each in statement.resources}
    for statement in statements:
        # Who may read every object of a bucket may see all their names.
        whole = all(f"{each}/*" in objects for each in statement.resources if "/" not in each)
        for action, key in _CONDITIONED.items():
            values = statement.condition(key)
            if not statement.does(action) or (action == "s3:ListBucket" and whole):
                continue
            if not values or any(value in ("*", "false") for value in values):
                return f"{action} without {key}"
    return None


def _checked(check: Callable[[Statement], str | None]) -> Callable[[Declared, Settings], str | None]:
    return lambda resource, _settings: first(resource, check)


def _over_policies(check: Callable[[Statement], str | None]) -> Callable[[Graph, Settings], Iterator[Broken]]:
    def found(graph: Graph, _settings: Settings) -> Iterator[Broken]:
        policies = [policy for policy in graph.of(MANAGED) if not is_boundary(graph, policy)]
        return each(policies, lambda resource: first(resource, check))

    return found


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="IAM.1",
        name="iam-1-no-administrators",
        severity="high",
        frameworks=(FSBP,),
        title="no policy allows everything",
        allowed="actions and resources by name",
        fix="name what the role calls",
        source=hub("IAM.1"),
        types=POLICIES,
        check=_checked(_everything),
    ),
    StackRule(
        control="IAM.21",
        name="iam-21-no-whole-services",
        severity="low",
        frameworks=(FSBP,),
        title="no managed policy allows a whole service",
        allowed="actions by name; boundaries of the stack's roles are left out",
        fix="name the actions that are called",
        source=hub("IAM.21"),
        types=(MANAGED,),
        check=_over_policies(
            lambda statement: (
                ", ".join(each for each in statement.actions if each.endswith(":*") or each == "*") or None
            )
        ),
    ),
    StackRule(
        control="KMS.1",
        name="kms-1-managed-policies-name-keys",
        severity="medium",
        frameworks=(FSBP,),
        title="no managed policy decrypts with every key",
        allowed="kms:Decrypt and kms:ReEncryptFrom on keys by name",
        fix="name the key's ARN",
        source=hub("KMS.1"),
        types=(MANAGED,),
        check=_over_policies(_decrypts),
    ),
    ResourceRule(
        control="KMS.2",
        name="kms-2-inline-policies-name-keys",
        severity="medium",
        frameworks=(FSBP,),
        title="no inline policy decrypts with every key",
        allowed="kms:Decrypt and kms:ReEncryptFrom on keys by name",
        fix="name the key's ARN (key.grant_decrypt)",
        source=hub("KMS.2"),
        types=INLINE,
        check=_checked(_decrypts),
    ),
    ResourceRule(
        control="Takeoff.18",
        name="takeoff-18-actions-by-name",
        severity="high",
        frameworks=(OWN,),
        title="a policy names its actions",
        allowed="actions by name; a wildcard after Describe, List, BatchGet, GenerateDataKey or ReEncrypt",
        fix="name the actions that are called",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        types=POLICIES,
        check=_checked(_broad),
    ),
    ResourceRule(
        control="Takeoff.18",
        name="takeoff-18-resources-by-name",
        severity="high",
        frameworks=(OWN,),
        title="a policy names its resources",
        allowed="ARNs with region, account and the beginning of a name; * for actions that AWS scopes no further",
        fix="name the resources; site.arn and the resources' own arn do",
        source=_REFERENCE,
        types=POLICIES,
        check=_checked(_anywhere),
    ),
    ResourceRule(
        control="Takeoff.18",
        name="takeoff-18-conditions-narrow",
        severity="medium",
        frameworks=(OWN,),
        title="a condition narrows what a resource cannot",
        allowed=", ".join(f"{action} with {key}" for action, key in _CONDITIONED.items()),
        fix="add the condition to the statement",
        source=_REFERENCE,
        types=POLICIES,
        check=_unconditional,
    ),
)
