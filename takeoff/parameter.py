"""Parameters of SSM, any of which may not be there yet."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


def value(ssm: Any, name: str) -> str:
    """A parameter's value; empty when there is none."""
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return ""
