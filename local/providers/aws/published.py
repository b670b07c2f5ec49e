"""AWS's published resource schemas, read from the data that cfn-lint carries."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]


@cache
def resource_schema(name: str, region: str) -> Schema:
    """AWS's schema of a resource type in a region, `AWS::S3::Bucket`. Raises LookupError if it has none there."""
    listed = _data() / "providers" / f"{region}.json"
    types = json.loads(listed.read_text()) if listed.exists() else {}
    if name not in types:
        raise LookupError(f"{name} is not available in {region}")
    schema: Schema = json.loads((_data() / "resources" / f"{types[name]}.json").read_text())
    return schema


@cache
def allowed_values(file: str, region: str) -> tuple[str, ...]:
    """What a region allows where the schema alone does not say, `aws_sagemaker_hosting/instancetype_enum`."""
    listed = json.loads((_data() / "extensions" / f"{file}.json").read_text())
    return tuple(listed.get(region, {}).get("enum", ()))


@cache
def _data() -> Path:
    """cfn-lint's schema folder, found without importing cfn-lint (which takes a second)."""
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"
