"""What an account has once and a stack needs: service-linked roles and settings, which bootstrap/ makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned

# Planned type → the service without whose service-linked role it fails.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
LINKED_ROLES: Mapping[str, str] = {
    "aws:appautoscaling/target:Target": "sagemaker.application-autoscaling.amazonaws.com",
    "aws:eks/cluster:Cluster": "eks.amazonaws.com",
    "aws:eks/nodeGroup:NodeGroup": "eks-nodegroup.amazonaws.com",
    "aws:elasticache/replicationGroup:ReplicationGroup": "elasticache.amazonaws.com",
    "aws:elasticache/serverlessCache:ServerlessCache": "elasticache.amazonaws.com",
    "aws:emrserverless/application:Application": "ops.emr-serverless.amazonaws.com",
}
# Planned type → (the account's setting that it needs, the key of bootstrap's configuration that makes it).
SETTINGS: Mapping[str, tuple[str, str]] = {
    "aws:apigateway/stage:Stage": ("API Gateway's log role", "apiGatewayLogs"),
    "aws:cfg/rule:Rule": ("Config recorder", "configRecorder"),
    "aws:lakeformation/permissions:Permissions": ("Lake Formation administrator", "lakeFormation"),
}


def linked_roles(planned: Sequence[Planned]) -> set[str]:
    """The services whose service-linked roles a plan needs."""
    return {LINKED_ROLES[resource.type] for resource in planned if resource.type in LINKED_ROLES}


def settings(planned: Sequence[Planned]) -> set[str]:
    """The account's settings that a plan needs."""
    return {SETTINGS[resource.type][0] for resource in planned if resource.type in SETTINGS}


def judge_linked_roles(needed: Collection[str], present: Collection[str] | Unknown) -> list[Finding]:
    """Every needed service-linked role is there."""
    return [_judge("service-linked role", name, present, "serviceLinkedRoles") for name in sorted(needed)]


def judge_settings(needed: Collection[str], present: Mapping[str, bool | Unknown]) -> list[Finding]:
    """Every needed setting of the account is made."""
    keys = dict(SETTINGS.values())
    found = []
    for name in sorted(needed):
        answer = present[name]
        there: Collection[str] | Unknown = answer if isinstance(answer, Unknown) else [name] if answer else []
        found.append(_judge("account setting", name, there, keys[name]))
    return found


def _judge(check: str, name: str, present: Collection[str] | Unknown, key: str) -> Finding:
    if isinstance(present, Unknown):
        return unknown(check, name, present)
    if name in present:
        return Finding(check=check, subject=name, status="ok", detail="present")
    fix = f"set takeoff-bootstrap:{key} in bootstrap/ and run `pulumi up` there"
    return Finding(check=check, subject=name, status="fail", detail="absent", fix=fix)
