"""Policy documents of the cases."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
STRANGER = "arn:aws:iam::999999999999:root"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d"
SOURCE = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def allow(
    action: Any, resource: Any = None, principal: Any = None, condition: Any = None, **more: Any
) -> dict[str, Any]:
    """An allowing statement; what is None is left out."""
    body = {"Action": action, "Resource": resource, "Principal": principal, "Condition": condition}
    return {"Effect": "Allow", **{key: value for key, value in body.items() if value is not None}, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
