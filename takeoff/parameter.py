"""Parameters of SSM, any of which may not be there yet."""

from __future__ import annotations

import json
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


def document(ssm: Any, name: str) -> dict[str, Any]:
    """A parameter's value as the JSON object that it is; empty when there is none."""
    found: dict[str, Any] = json.loads(value(ssm, name) or "{}")
    return found


def under(ssm: Any, path: str) -> dict[str, str]:
    """The values of all parameters below a path, by what their names add to it."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return {each["Name"].removeprefix(f"{path}/"): each["Value"] for page in pages for each in page["Parameters"]}


def write(ssm: Any, name: str, content: dict[str, Any]) -> None:
    """Put a JSON object in the place of whatever is there."""
    ssm.put_parameter(Name=name, Value=json.dumps(content, sort_keys=True), Type="String", Overwrite=True)
