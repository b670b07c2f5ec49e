"""Names: long enough, and free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned, of

BUCKET = "aws:s3/bucket:Bucket"
# Type → (input that holds the name, most characters).
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and each service's API reference
LIMITS: Mapping[str, tuple[str, int]] = {
    BUCKET: ("bucket", 63),
    "aws:iam/role:Role": ("name", 64),
    "aws:lambda/function:Function": ("name", 64),
    "aws:cloudwatch/eventRule:EventRule": ("name", 64),
    "aws:sagemaker/model:Model": ("name", 63),
    "aws:sagemaker/endpoint:Endpoint": ("name", 63),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": ("name", 63),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": ("modelPackageGroupName", 63),
    "aws:sfn/stateMachine:StateMachine": ("name", 80),
    "aws:codebuild/project:Project": ("name", 150),
    "aws:ecr/repository:Repository": ("name", 256),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "aws:sns/topic:Topic": ("name", 256),
    "aws:eks/cluster:Cluster": ("name", 100),
}
Owner = Literal["nobody", "this account", "another account"]


def new_buckets(planned: Sequence[Planned]) -> list[str]:
    """Names of the buckets that the deployment makes; S3 shares them among all accounts."""
    return [name for p in of(planned, BUCKET, new=True) if (name := p.inputs.get("bucket"))]


def judge_lengths(planned: Sequence[Planned]) -> list[Finding]:
    """No name is longer than its service takes; what is well is said in one line."""
    found, count = [], 0
    for resource in planned:
        key, most = LIMITS.get(resource.type, ("", 0))
        name = resource.inputs.get(key) or ""
        count += bool(name)
        if len(name) > most:
            detail = f"{len(name)} characters, at most {most}"
            fix = f"shorten the name of the stack or of {resource.name}"
            found.append(Finding(check="name", subject=name, status="fail", detail=detail, fix=fix))
    return found or [Finding(check="name", subject=f"{count} names", status="ok", detail="none is too long")]


def judge_buckets(owners: Mapping[str, Owner | Unknown]) -> list[Finding]:
    """Every bucket to be made has a name that nobody has."""
    found = []
    for name, owner in sorted(owners.items()):
        match owner:
            case Unknown():
                found.append(unknown("bucket name", name, owner))
            case "nobody":
                found.append(Finding(check="bucket name", subject=name, status="ok", detail="free"))
            case "this account":
                fix = "an earlier deployment kept it: `pulumi import` it, or delete it when its data may go"
                detail = "exists in this account, outside the stack"
                found.append(Finding(check="bucket name", subject=name, status="fail", detail=detail, fix=fix))
            case _:
                detail, fix = "belongs to another account", "give the stack another name"
                found.append(Finding(check="bucket name", subject=name, status="fail", detail=detail, fix=fix))
    return found
