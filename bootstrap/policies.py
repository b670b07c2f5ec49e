"""Who may do what in the account: trust and permissions as documents, pure.

The deployer is the one place where actions are granted by service: a program that makes and removes whole services'
resources would name nearly all of their actions. What it can make is held in by the boundary instead, which every role
it makes must carry. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.site import Site

GITHUB = "token.actions.githubusercontent.com"
Document = dict[str, Any]

# What Takeoff's stacks are made of, and what its workloads call.
SERVICES = (
    "apigateway", "application-autoscaling", "athena", "cloudwatch", "codebuild", "cognito-idp", "ec2", "ecr", "eks",
    "eks-auth", "elasticache", "elasticloadbalancing", "emr-serverless", "events", "firehose", "glue", "kinesis", "kms",
    "lakeformation", "lambda", "logs",
    "s3", "sagemaker", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "states", "wafv2",
)  # fmt: skip
# Services that answer in one region for all of them.
GLOBAL = ("budgets", "ce")
# Roles that the deployer makes, and what it must do with them. Users, groups and access keys are not among it.
ROLE_ACTIONS = (
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
    "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies", "iam:ListRoleTags", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
)  # fmt: skip
# Actions that widen a role: each carries the boundary of the role that it changes as a condition key.
WIDENING = (
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
)  # fmt: skip
# Reading what resources are, never what they hold.
READS = (
    "apigateway:GET", "application-autoscaling:Describe*", "application-autoscaling:List*",
    "budgets:ListTagsForResource", "budgets:ViewBudget",
    "cloudwatch:Describe*", "cloudwatch:GetDashboard", "cloudwatch:List*", "codebuild:BatchGetProjects",
    "codebuild:List*", "ec2:Describe*", "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy",
    "ecr:List*", "eks:Describe*", "eks:List*", "events:Describe*", "events:List*", "glue:GetDatabase", "glue:GetTable",
    "glue:GetTags", "iam:GetPolicy*", "iam:GetRole*", "iam:List*", "kms:Describe*", "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus", "kms:List*", "lakeformation:Get*", "lakeformation:List*", "lambda:GetFunction*",
    "lambda:GetPolicy", "lambda:List*", "logs:Describe*", "logs:List*", "s3:GetBucket*",
    "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListAllMyBuckets", "sagemaker:Describe*",
    "emr-serverless:GetApplication", "emr-serverless:List*", "scheduler:GetSchedule", "scheduler:List*",
    "sagemaker:GetModelPackageGroupPolicy",
    "sagemaker:List*", "sns:Get*", "sns:List*", "ssm:DescribeParameters", "ssm:ListTagsForResource",
    "states:Describe*", "states:List*",
)  # fmt: skip


def github_trust(provider: str, repository: str, subjects: Sequence[str]) -> Document:
    """Trust in workflow runs of one repository, and of it only in those subjects (`environment:prod`).

    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
    """
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{GITHUB}:aud": "sts.amazonaws.com",
                f"{GITHUB}:sub": [f"repo:{repository}:{subject}" for subject in subjects],
            }
        },
    }


def project_trust(site: Site, project: str) -> Document:
    """Trust in the roles of the stacks' projects of one name, which are made later and by name only."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": _iam(site, "root")},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": _iam(site, f"role/takeoff-*-{project}")}},
    }


def service_trust(service: str, account: str) -> Document:
    """Trust in one AWS service on behalf of this account."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }


def boundary(site: Site) -> Document:
    """The most that a role made by the deployer can do, whatever its own policy says: named services.

    Of IAM it may hand roles on, and what a cluster does for its nodes.
    """
    return document(
        [
            {"Sid": "Services", "Effect": "Allow", "Action": [f"{each}:*" for each in SERVICES], "Resource": "*"},
            {"Sid": "Hand", "Effect": "Allow", "Action": "iam:PassRole", "Resource": _iam(site, "role/takeoff-*")},
            {
                "Sid": "Deploy",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": [_iam(site, f"role/takeoff-bootstrap-{each}") for each in ("deployer", "preview")],
            },
            *_nodes_are_started(site),
            *_own_things_are_closed(site),
        ]
    )


def deployer(site: Site, boundary_arn: str) -> Document:
    """What `pulumi up` may do: named services in one region, and roles named takeoff-* that carry the boundary."""
    here = {"StringEquals": {"aws:RequestedRegion": site.region}}
    roles = _iam(site, "role/takeoff-*")
    return document(
        [
            {
                "Sid": "Services", "Effect": "Allow", "Action": [f"{each}:*" for each in SERVICES], "Resource": "*",
                "Condition": here,
            },
            {"Sid": "Global", "Effect": "Allow", "Action": [f"{each}:*" for each in GLOBAL], "Resource": "*"},
            {"Sid": "Roles", "Effect": "Allow", "Action": list(ROLE_ACTIONS), "Resource": roles},
            {"Sid": "Look", "Effect": "Allow", "Action": ["iam:ListRoles", "iam:SimulatePrincipalPolicy",
             "servicequotas:Get*", "servicequotas:List*"], "Resource": "*"},
            {
                "Sid": "OnlyInsideTheBoundary", "Effect": "Deny", "Action": list(WIDENING), "Resource": "*",
                "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": boundary_arn}},
            },
            {"Sid": "NeverOutOfIt", "Effect": "Deny", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"},
            *_own_things_are_closed(site),
        ]
    )  # fmt: skip


def preview(site: Site, state_bucket: str, key: str) -> Document:
    """What `pulumi preview` may do: look at resources, read the state and the facts, and nothing that they hold.

    For a stack that only its own network reaches it starts that stack's `previews` project (components/previews.py), as
    the role that the project has, and reads the report.
    """
    previews, project = f"arn:{site.partition}:s3:::takeoff-*-models-{site.account}", "project/takeoff-*-previews"
    return document(
        [
            {"Sid": "Look", "Effect": "Allow", "Action": list(READS), "Resource": "*"},
            {
                "Sid": "State", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [state_bucket, f"{state_bucket}/*"],
            },
            {"Sid": "Secrets", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key},
            {
                "Sid": "Facts", "Effect": "Allow", "Action": ["ssm:GetParameter", "ssm:GetParameters",
                "ssm:GetParametersByPath"], "Resource": site.arn("ssm", "parameter/takeoff/*"),
            },
            {
                "Sid": "InTheNetwork", "Effect": "Allow", "Action": "codebuild:StartBuild",
                "Resource": site.arn("codebuild", project), "Condition": {"Null": {"codebuild:serviceRole": "true"}},
            },
            {
                "Sid": "Builds", "Effect": "Allow", "Action": "codebuild:BatchGetBuilds",
                "Resource": site.arn("codebuild", project),
            },
            {"Sid": "Reports", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{previews}/previews/*"},
            {
                "Sid": "ReportsKey", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:ViaService": f"s3.{site.region}.amazonaws.com"},
                    "StringLike": {"kms:EncryptionContext:aws:s3:arn": [previews, f"{previews}/previews/*"]},
                },
            },
        ]
    )  # fmt: skip


def document(statements: Sequence[Mapping[str, Any]]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def render(body: Document) -> str:
    """A document as IAM stores it; it counts characters without blanks, at most 6,144 of them in a managed policy."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _nodes_are_started(site: Site) -> list[Document]:
    """What a cluster in Auto Mode does in IAM: it gives a node its role by EKS's own profile, and asks for spot.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKSComputePolicy.html
    """
    linked = ("elasticloadbalancing.amazonaws.com", "spot.amazonaws.com")
    return [
        {
            "Sid": "Nodes", "Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile",
            "Resource": _iam(site, "instance-profile/eks*"),
        },
        {
            "Sid": "Linked", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
            "Resource": _iam(site, "role/aws-service-role/*"),
            "Condition": {"StringEquals": {"iam:AWSServiceName": list(linked)}},
        },
    ]  # fmt: skip


def _own_things_are_closed(site: Site) -> list[Document]:
    """Nobody who deploys changes the boundary or what this program made beside it, or loses the state or its key."""
    bucket = f"arn:{site.partition}:s3:::takeoff-bootstrap-*"
    return [
        {
            "Sid": "Bootstrap", "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "sts:AssumeRole"],
            "Resource": [_iam(site, "role/takeoff-bootstrap-*"), _iam(site, "policy/takeoff-bootstrap-*")],
        },
        {
            "Sid": "State", "Effect": "Deny", "Resource": [bucket, f"{bucket}/*"],
            "Action": ["s3:DeleteBucket*", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:PutBucketVersioning",
                       "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"],
        },
        {
            "Sid": "Key", "Effect": "Deny", "Resource": "*",
            "Action": ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UntagResource"],
            "Condition": {"StringEquals": {"aws:ResourceTag/takeoff:stack": "bootstrap"}},
        },
    ]  # fmt: skip


def _iam(site: Site, resource: str) -> str:
    return f"arn:{site.partition}:iam::{site.account}:{resource}"
