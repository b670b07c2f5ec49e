"""Cases of the rules over IAM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT, KEY, ROLE, SOURCE, STRANGER, allow, policy

ROLES, MANAGED = "aws:iam/role:Role", "aws:iam/policy:Policy"
INLINE = "aws:iam/rolePolicy:RolePolicy"
SIMPLE = (MANAGED, INLINE, "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy")
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
)
ADMIN = allow("*", "*")
READ = allow("s3:GetObject", "arn:aws:s3:::raw/features/*")
LAMBDA = {"Service": "lambda.amazonaws.com"}
PROVIDER = "token.actions.githubusercontent.com"
GITHUB = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER}"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
TO = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def written(*statements: dict[str, Any]) -> list[Declared]:
    """A document as each kind of policy, and as a role's own."""
    text = policy(*statements)
    return [
        *(declared(type_, policy=text) for type_ in SIMPLE),
        declared(ROLES, inlinePolicies=[{"name": "a", "policy": text}]),
    ]


def one(*statements: dict[str, Any]) -> Declared:
    return declared(INLINE, policy=policy(*statements))


def over_policies(good: dict[str, Any], bad: Sequence[dict[str, Any]], *also: Declared) -> Case:
    return Case(
        compliant=[*written(good), *also],
        violating=[*written(bad[0]), *(one(each) for each in bad[1:])],
        unknown=[declared(INLINE, policy=UNKNOWN), declared(ROLES, inlinePolicies=[{"policy": UNKNOWN}])],
    )


def over_managed(*bad: dict[str, Any]) -> Case:
    return Case(
        compliant=[
            declared(MANAGED, policy=policy(READ)),
            # A boundary grants nothing.
            declared(MANAGED, "boundary", {"name": "boundary", "policy": policy(*bad)}),
            declared(ROLES, permissionsBoundary=BOUNDARY),
        ],
        violating=[declared(MANAGED, f"p{number}", policy=policy(each)) for number, each in enumerate(bad)],
        unknown=[declared(MANAGED, policy=UNKNOWN)],
    )


PODS = {"Service": "pods.eks.amazonaws.com"}
SESSION: dict[str, dict[str, str]] = {
    "StringEquals": {
        "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/c",
        "aws:RequestTag/kubernetes-namespace": "prod-vision",
        "aws:RequestTag/kubernetes-service-account": "model",
    }
}


def without(key: str) -> dict[str, Any]:
    """The session's conditions but for one."""
    return {"StringEquals": {name: value for name, value in SESSION["StringEquals"].items() if name != key}}


def role(name: str = "r", *trust: dict[str, Any], **more: Any) -> Declared:
    arn = {"permissionsBoundary": BOUNDARY}
    return declared(ROLES, name, {"name": name, "assumeRolePolicy": policy(*trust), **arn, **more})


def trusting(principal: Any, condition: Any = None, action: str = "sts:AssumeRole") -> dict[str, Any]:
    return allow(action, None, principal, condition)


def federated(sub: str, aud: str = "sts.amazonaws.com") -> dict[str, Any]:
    values = {f"{PROVIDER}:sub": sub, f"{PROVIDER}:aud": aud} if aud else {f"{PROVIDER}:sub": sub}
    return trusting(GITHUB, {"StringLike": values}, "sts:AssumeRoleWithWebIdentity")


CASES: dict[str, Case] = {
    "iam-1-no-administrators": over_policies(READ, [ADMIN]),
    "iam-21-no-whole-services": over_managed(allow("s3:*", "arn:aws:s3:::raw"), ADMIN),
    "kms-1-managed-policies-name-keys": over_managed(
        allow("kms:Decrypt", "*"), allow("kms:*", "arn:aws:kms:*:*:key/*")
    ),
    "kms-2-inline-policies-name-keys": Case(
        compliant=[
            each for each in written(allow("kms:Decrypt", KEY), allow("kms:CreateGrant", "*")) if each.type != MANAGED
        ],
        violating=[each for each in written(allow(["kms:Re*"], "*")) if each.type != MANAGED],
        unknown=[declared(INLINE, policy=UNKNOWN)],
    ),
    "takeoff-18-actions-by-name": over_policies(
        allow(["ec2:DescribeVpcs", "ec2:Describe*", "kms:GenerateDataKey*"], "*"),
        [
            allow("s3:*", "arn:aws:s3:::raw"),
            allow("*", "*"),
            allow("s3:Get*", "arn:aws:s3:::raw"),
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        ],
    ),
    "takeoff-18-resources-by-name": over_policies(
        allow(["s3:GetObject"], ["arn:aws:s3:::raw/*", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/takeoff-*"]),
        [
            allow("sagemaker:DescribeEndpoint", "*"),
            allow("s3:GetObject", "arn:aws:s3:::*"),
            allow("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/*"),
            allow("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:*:{ACCOUNT}:endpoint/takeoff-a"),
            allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:*"),
            {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::raw"},
        ],
    ),
    "takeoff-18-conditions-narrow": over_policies(
        allow("cloudwatch:PutMetricData", "*", None, {"StringEquals": {"cloudwatch:namespace": "Takeoff"}}),
        [
            allow("cloudwatch:PutMetricData", "*"),
            allow("s3:ListBucket", "arn:aws:s3:::raw"),
            allow("kms:CreateGrant", KEY, None, {"Bool": {"kms:GrantIsForAWSResource": "false"}}),
            allow("s3:ListBucket", "arn:aws:s3:::raw", None, {"StringLike": {"s3:prefix": "*"}}),
        ],
        # Who may read every object may see every name; no inline policy is none.
        one(allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::raw", "arn:aws:s3:::raw/*"])),
        declared(ROLES, inlinePolicies=[{}]),
    ),
    "takeoff-8-pass-role": over_policies(
        allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/takeoff-*", None, TO),
        [
            allow("iam:PassRole", "*", None, TO),
            allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*", None, TO),
            allow("iam:Pass*", ROLE),
            allow("iam:PassRole", ROLE, None, {"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}),
        ],
    ),
    "takeoff-20-trust-is-narrow": Case(
        compliant=[
            role("f", trusting(LAMBDA, SOURCE)),
            role("i", trusting({"Service": "ec2.amazonaws.com"})),
            role("d", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"ArnLike": {"aws:PrincipalArn": ROLE}})),
            role("g", federated("repo:a/b:environment:prod")),
        ],
        violating=[
            role("whoever", trusting(LAMBDA)),
            role("theirs", trusting(LAMBDA, {"StringEquals": {"aws:SourceAccount": "999999999999"}})),
            role("any", trusting(LAMBDA, {"StringLike": {"aws:SourceAccount": "*"}})),
            role("all", trusting("*", SOURCE)),
            role("stranger", trusting({"AWS": STRANGER}, {"StringEquals": {"sts:ExternalId": "x"}})),
            role("account", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
            role("branches", federated("repo:a/b:*")),
            role("audience", federated("repo:a/b:environment:prod", "")),
        ],
        unknown=[declared(ROLES, assumeRolePolicy=UNKNOWN)],
    ),
    "takeoff-20-pods-are-named": Case(
        compliant=[role("pods", trusting(PODS, SESSION)), role("other", trusting(LAMBDA))],
        violating=[
            role("any", trusting(PODS, SOURCE)),
            *(role(f"no-{key}", trusting(PODS, without(key))) for key in SESSION["StringEquals"]),
            role("wild", trusting(PODS, {"StringLike": dict.fromkeys(SESSION["StringEquals"], "*")})),
        ],
        unknown=[declared(ROLES, assumeRolePolicy=UNKNOWN)],
    ),
    "takeoff-20-roles-carry-the-boundary": Case(
        compliant=[role("a"), role("b")],
        violating=[role("a"), role("b", permissionsBoundary=None)],
        unknown=[role("a"), role("b", permissionsBoundary=UNKNOWN)],
        unknown_is="fine",
    ),
    "takeoff-7-no-full-access": Case(
        compliant=[
            role("a", managedPolicyArns=["arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"]),
            *(declared(type_, policyArn=BOUNDARY) for type_ in ATTACHMENTS),
        ],
        violating=[
            role("a", managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
            *(declared(type_, policyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess") for type_ in ATTACHMENTS),
        ],
        unknown=[declared(ATTACHMENTS[0], policyArn=UNKNOWN), role("a", managedPolicyArns=[UNKNOWN])],
    ),
    "takeoff-45-every-role-may-something": Case(
        compliant=[role("a"), declared(INLINE, role="a", policy=policy(READ)), role("b", managedPolicyArns=[BOUNDARY])],
        violating=[role("a"), role("b"), declared(INLINE, role="b", policy=policy(READ))],
        unknown=[role("a"), declared(INLINE, props={"role": UNKNOWN}, refs={"role": (role("a").urn,)})],
        unknown_is="fine",
    ),
}
