"""What stays after a destroy, why, and until when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from takeoff.destroy.account import Account
from takeoff.destroy.plan import BUCKET, KEY, REPOSITORY
from takeoff.destroy.resources import Resource

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 (a resource type)
# Where services write logs by themselves, in groups that no stack declares.
_LOGS = ("/aws/lambda/", "/aws/sagemaker/Endpoints/", "/aws/codebuild/", "/aws/vendedlogs/states/")


@dataclass(frozen=True, kw_only=True)
class Remain:
    """One thing that stays. `until` is a date in ISO 8601, empty when nobody removes it by itself."""

    what: str
    why: str
    until: str = ""


def remains(account: Account, stack: str, before: Sequence[Resource], stay: Collection[str]) -> list[Remain]:
    """What stays of a stack whose state held `before`, of which the URNs in `stay` were left out of the destroy."""
    found: list[Remain] = []
    for resource in before:
        if resource.urn in stay and resource.type in {BUCKET, REPOSITORY}:
            found.append(_data(account, resource))
        elif resource.urn in stay and resource.type == KEY:
            found.append(Remain(what=resource.title, why="encrypts data that stays"))
        elif resource.type == KEY:
            found += _key(account, resource)
        elif resource.type == SECRET:
            found += _secret(account, resource)
    return found + _logs(account, stack)


def lasting(locked_until: Sequence[datetime]) -> str:
    """The date at which the last of some locks ends."""
    return max(locked_until).date().isoformat() if locked_until else ""


def _data(account: Account, resource: Resource) -> Remain:
    until = lasting(_locks(account, resource.id)) if resource.type == BUCKET else ""
    if until:
        return Remain(what=resource.title, why="holds object versions under lock, which nobody can delete", until=until)
    return Remain(what=resource.title, why="holds data, and retainData keeps it; --delete-data deletes it")


def _locks(account: Account, bucket: str) -> list[datetime]:
    """Retention dates of a bucket's versions; none where it has no object lock."""
    s3 = account.client("s3")
    try:
        s3.get_object_lock_configuration(Bucket=bucket)
    except ClientError:
        return []
    dates = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            try:
                held = s3.get_object_retention(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                dates.append(held["Retention"]["RetainUntilDate"])
            except ClientError:
                continue  # a version without a lock of its own
    return dates


def _key(account: Account, resource: Resource) -> list[Remain]:
    """A deleted key waits 7 to 30 days. https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html"""
    about = _ask(lambda: account.client("kms").describe_key(KeyId=resource.id)["KeyMetadata"])
    if about.get("KeyState") != "PendingDeletion":
        return []
    until = about["DeletionDate"].date().isoformat()
    why = f"AWS keeps a deleted key; `aws kms cancel-key-deletion --key-id {resource.id}` brings it back"
    return [Remain(what=resource.title, why=why, until=until)]


def _secret(account: Account, resource: Resource) -> list[Remain]:
    """A deleted secret can be restored for 7 to 30 days, in which its name is taken.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
    """
    about = _ask(lambda: account.client("secretsmanager").describe_secret(SecretId=resource.id))
    if "DeletedDate" not in about:
        return []
    days = int(resource.outputs.get("recoveryWindowInDays", 30))
    until = (about["DeletedDate"] + timedelta(days=days)).date().isoformat()
    return [Remain(what=resource.title, why="its recovery window; the name is taken until then", until=until)]


def _logs(account: Account, stack: str) -> list[Remain]:
    logs, found = account.client("logs"), []
    for prefix in _LOGS:
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"{prefix}takeoff-{stack}-"):
            for group in page["logGroups"]:
                days = group.get("retentionInDays")
                kept = f"its lines go after {days} days" if days else "kept for ever"
                why = f"a service made it, not the stack; {kept}; `aws logs delete-log-group` removes it"
                found.append(Remain(what=f"log group {group['logGroupName']}", why=why))
    return found


def _ask(call: Any) -> dict[str, Any]:
    """The answer, or nothing when what was asked for is gone."""
    try:
        return dict(call())
    except ClientError:
        return {}
