"""What a stack writes for the functions of its account: SSM parameters that hold a JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from policies.declared import Declared, given, known

PARAMETER: Final = "aws:ssm/parameter:Parameter"


def text(parameter: Declared) -> Any:
    """A parameter's value, as it is written: under whichever input; UNKNOWN where only the deployment will know."""
    return next((parameter.at(key) for key in ("insecureValue", "value") if given(parameter.at(key))), None)


def document(value: Any) -> Mapping[str, Any]:
    """The JSON object in a text; an empty one for anything else."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def content(parameter: Declared) -> Mapping[str, Any]:
    """The JSON object that a parameter holds. Raises UnknownError."""
    return document(known(text(parameter), f"{parameter.name}.value"))
