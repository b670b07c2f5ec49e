"""What a policy document lets somebody do that it did not let before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.computed import COMPUTED

_SHOWN = 4


def gained(old: Any, new: Any) -> str:
    """What document `new` allows and `old` does not, in words; empty when that is nothing.

    Documents are JSON, as text. A changed condition counts as a gain, and so does a Deny that is gone: whether either
    widens is for a person to see. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    if old == new:
        return ""
    if COMPUTED in (old, new):
        return "permissions that are known only at deployment"
    try:
        before, after = set(_grants(old)), set(_grants(new))
    except ValueError:
        return "a policy document that cannot be read"
    more = sorted(line for kind, line in after - before if kind == "Allow")
    freed = sorted(f"no longer denied: {line}" for kind, line in before - after if kind == "Deny")
    said = [*more[:_SHOWN], *freed[:_SHOWN]]
    left = len(more) + len(freed) - len(said)
    return "; ".join([*said, *([f"and {left} more"] if left else [])])


def _grants(document: Any) -> Iterator[tuple[str, str]]:
    """Effect and words of every combination of action, resource and principal. Raises ValueError."""
    if document in (None, ""):
        return
    whole = json.loads(document) if isinstance(document, str) else document
    if not isinstance(whole, Mapping):
        raise ValueError("no policy document")
    for statement in _list(whole.get("Statement")):
        if not isinstance(statement, Mapping):
            raise ValueError("no statement")
        condition = f" if {json.dumps(statement['Condition'], sort_keys=True)}" if statement.get("Condition") else ""
        actions = [*_list(statement.get("Action")), *(f"all but {each}" for each in _list(statement.get("NotAction")))]
        targets = [*_list(statement.get("Resource")), *(f"all but {r}" for r in _list(statement.get("NotResource")))]
        for action in actions:
            for target in targets or [""]:
                for who in [*_principals(statement)] or [""]:
                    on = f" on {target}" if target else ""
                    yield str(statement.get("Effect")), f"{action}{on}{f' by {who}' if who else ''}{condition}"


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    for key, prefix in (("Principal", ""), ("NotPrincipal", "all but ")):
        value = statement.get(key)
        if isinstance(value, Mapping):
            yield from (f"{prefix}{each}" for listed in value.values() for each in _list(listed))
        else:
            yield from (f"{prefix}{each}" for each in _list(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
