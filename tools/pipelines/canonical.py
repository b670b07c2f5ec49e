"""A definition as it is committed: one text for one meaning, and nothing in it that belongs to an account."""

from __future__ import annotations

import json
import re
from typing import Any

# Words of an account: an ARN, a bucket, a registry, twelve digits, a region.
_LITERAL = re.compile(r"arn:aws|s3://|amazonaws|no-bucket|(?<!\d)\d{12}(?!\d)|(?<![a-z])[a-z]{2}-[a-z]+-\d(?!\d)")


def canonical(text: str) -> str:
    """Sorted keys, one blank of indentation, a newline at the end; keys without a value are left out.

    Raises ValueError for a text that names something of an account, which must come through a parameter.
    """
    document = json.loads(text)
    if found := literals(document):
        raise ValueError(f"the pipeline names {found[0]!r}; allowed: parameters, whose values come with an execution")
    return json.dumps(_without_nulls(document), sort_keys=True, indent=1) + "\n"


def literals(value: Any) -> list[str]:
    """The strings of a document, keys included, that name something of an account."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in (*literals(key), *literals(inner))]
    if isinstance(value, list):
        return [one for inner in value for one in literals(inner)]
    return [value] if isinstance(value, str) and _LITERAL.search(value) else []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
