"""Secrets in plain text: where everybody who may look at a resource reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Unknown, UnknownError, known
from policies.rule import OWN, ResourceRule, Rule, Settings

_NAMES: Final = re.compile(
    r"(?i)(^|[_./-])(passwo?r?d|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)($|[_./0-9-])"
)
# What credentials look like: access keys, private keys, tokens of well-known services.
_VALUES: Final = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}"
    r"|\bxox[abp]-[A-Za-z0-9-]{10}"
)
# A place to read a secret from is none.
_REFERENCE: Final = re.compile(r"^(arn:|/|s3://|https?://[^@]*$|\{\{resolve:)")
_PLAIN: Final = (None, "", "PLAINTEXT")


def _check(resource: Declared, _settings: Settings) -> str | None:
    unknown: str | None = None
    for name, value in _values(resource):
        if isinstance(value, Unknown):
            # The engine keeps what it knows to be secret to itself, too.
            unknown = name if _NAMES.search(name) else unknown
        elif _is_secret(name, str(value or "")):
            return f"{name} in plain text"
    if unknown is not None:
        raise UnknownError(unknown)
    return None


def _is_secret(name: str, value: str) -> bool:
    return bool(_VALUES.search(value)) or bool(_NAMES.search(name) and value and not _REFERENCE.match(value))


def _values(resource: Declared) -> Iterator[tuple[str, Any]]:
    if resource.type == "aws:lambda/function:Function":
        yield from _items(resource.at("environment.variables"), "environment.variables")
    elif resource.type == "aws:codebuild/project:Project":
        path = "environment.environmentVariables"
        for variable in known(resource.at(path), path) or ():
            if known(variable, path).get("type") in _PLAIN:
                yield str(known(variable["name"], path)), variable.get("value")
    elif resource.type == "aws:sagemaker/model:Model":
        yield from _items(resource.at("primaryContainer.environment"), "primaryContainer.environment")
        for container in known(resource.at("containers"), "containers") or ():
            yield from _items(known(container, "containers").get("environment"), "containers.environment")
    elif known(resource.at("type"), "type") != "SecureString":
        yield str(known(resource.at("name"), "name")), resource.at("insecureValue") or resource.at("value")


def _items(value: Mapping[str, Any] | Unknown | None, path: str) -> Iterator[tuple[str, Any]]:
    yield from (known(value, path) or {}).items()


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.29",
        name="takeoff-29-no-secrets-in-plain-text",
        severity="high",
        frameworks=(OWN,),
        title="no secret is a variable or a parameter in plain text",
        allowed="the name of a secret or of a SecureString that the code reads; values that name no credential",
        fix="keep it in Secrets Manager, and hand over its ARN",
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
        types=(
            "aws:lambda/function:Function",
            "aws:codebuild/project:Project",
            "aws:sagemaker/model:Model",
            "aws:ssm/parameter:Parameter",
        ),
        check=_check,
    ),
)
