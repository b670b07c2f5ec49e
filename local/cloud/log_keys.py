"""CloudWatch Logs where moto lacks keys: a log group takes one whose policy lets the service in for that group."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

_CONTEXT = "kms:EncryptionContext:aws:logs:arn"


def install() -> None:
    """Adds AssociateKmsKey and DisassociateKmsKey, and AWS's refusal of a key that does not let the service in."""
    backend, responses = LogsBackend, LogsResponse  # type: Any, Any
    create = backend.create_log_group

    def create_log_group(logs: Any, log_group_name: str, tags: dict[str, str], **more: Any) -> Any:
        if key := more.get("kmsKeyId"):
            _admit(logs, log_group_name, key)
        return create(logs, log_group_name, tags, **more)

    backend.create_log_group = create_log_group
    responses.associate_kms_key, responses.disassociate_kms_key = associate_kms_key, disassociate_kms_key


def associate_kms_key(response: Any) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html"""
    group, key = _group(response), response._get_param("kmsKeyId")
    _admit(response.logs_backend, group.name, key)
    group.kms_key_id = key
    return ""


def disassociate_kms_key(response: Any) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html"""
    _group(response).kms_key_id = None
    return ""


def _group(response: Any) -> Any:
    try:
        return response.logs_backend.groups[response._get_param("logGroupName")]
    except KeyError:
        raise ResourceNotFoundException from None


def _admit(logs: Any, name: str, arn: str) -> None:
    """Raises unless the key's policy lets the service encrypt for the group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    group = f"arn:aws:logs:{logs.region_name}:{logs.account_id}:log-group:{name}"
    key = kms_backends[logs.account_id][logs.region_name].keys.get(arn.rpartition("/")[2])
    statements = json.loads(key.policy)["Statement"] if key else []
    if not any(_lets_in(each, logs.region_name, group) for each in statements):
        said = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
        raise JsonRESTError("AccessDeniedException", said)


def _lets_in(statement: dict[str, Any], region: str, group: str) -> bool:
    principal, actions = statement["Principal"], statement["Action"]
    named = isinstance(principal, dict) and principal.get("Service") == f"logs.{region}.amazonaws.com"
    encrypts = any(fnmatchcase("kms:Encrypt", each) for each in ([actions] if isinstance(actions, str) else actions))
    arns = statement.get("Condition", {}).get("ArnLike", {}).get(_CONTEXT, "*")
    return statement["Effect"] == "Allow" and named and encrypts and fnmatchcase(group, arns)
