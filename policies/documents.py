"""IAM and resource policies as rules see them: statements with every value a tuple, whatever way they were written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from policies.declared import Declared, given, known


class DocumentError(ValueError):
    """A property that should hold a policy document holds something else."""


@dataclass(frozen=True)
class Principal:
    """Who a statement speaks of: AWS, Service, Federated or CanonicalUser, and the value; everybody is AWS `*`."""

    kind: str
    value: str

    @property
    def everybody(self) -> bool:
        return self.value == "*"


@dataclass(frozen=True)
class Condition:
    """One condition: operator (`StringEquals`), key in lower case (`aws:sourceaccount`) and its values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement. Of a pair such as Action and NotAction one is empty, as AWS wants it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: tuple[Principal, ...]
    not_principals: tuple[Principal, ...]
    conditions: tuple[Condition, ...]

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    def condition(self, key: str, *operators: str) -> tuple[str, ...]:
        """The values that a condition key is held to, by any operator or by those named; empty where it is not."""
        found = [each for each in self.conditions if each.key == key.lower()]
        if operators:
            found = [each for each in found if each.operator.rpartition(":")[2].removesuffix("IfExists") in operators]
        return tuple(value for each in found for value in each.values)

    def does(self, action: str) -> bool:
        """Whether the statement speaks of an action (`s3:GetObject`), wildcards considered, case ignored."""
        asked = action.lower()
        if self.not_actions:
            return not any(fnmatchcase(asked, each.lower()) for each in self.not_actions)
        return any(fnmatchcase(asked, each.lower()) for each in self.actions)


def statements(resource: Declared, path: str) -> list[Statement]:
    """The statements of the document at a path; none where the resource has none there.

    Raises UnknownError where the text is unknown before deployment, DocumentError where it is no policy document.
    """
    text = known(resource.at(path), path)
    return parse(text, f"{resource.name}.{path}") if given(text) else []


def parse(text: str | Mapping[str, Any], of: str) -> list[Statement]:
    """The statements of a document, as JSON or already read; `of` names it in errors. Raises DocumentError."""
    try:
        document = json.loads(text) if isinstance(text, str) else text
        body = document["Statement"]
        return [_statement(each) for each in ([body] if isinstance(body, Mapping) else body)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DocumentError(f"{of}: got {str(text)[:80]!r}; allowed: a policy document ({error!r})") from None


def _statement(body: Mapping[str, Any]) -> Statement:
    effect: Literal["Allow", "Deny"] = "Allow" if body["Effect"] == "Allow" else "Deny"
    return Statement(
        sid=body.get("Sid", ""),
        effect=effect,
        actions=_tuple(body.get("Action", ())),
        not_actions=_tuple(body.get("NotAction", ())),
        resources=_tuple(body.get("Resource", ())),
        not_resources=_tuple(body.get("NotResource", ())),
        principals=tuple(_principals(body.get("Principal", {}))),
        not_principals=tuple(_principals(body.get("NotPrincipal", {}))),
        conditions=tuple(_conditions(body.get("Condition", {}))),
    )


def _tuple(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else (str(value),)


def _principals(value: Any) -> Iterable[Principal]:
    named = {"AWS": value} if isinstance(value, str) else value
    return [Principal(kind, each) for kind, values in named.items() for each in _tuple(values)]


def _conditions(value: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    return [
        Condition(operator, key.lower(), _tuple(values))
        for operator, keys in value.items()
        for key, values in keys.items()
    ]
