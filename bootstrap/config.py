"""The account's configuration, typed: the only reader of pulumi.Config in this program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

NAMESPACE = "takeoff-bootstrap"
# `use-existing`: somebody else has made it, or no stack here needs it; nothing is declared.
Singleton = Literal["create", "use-existing"]
AsTuple = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
Service = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.amazonaws\.com$")]


class ConfigError(ValueError):
    """Configuration that cannot be deployed; one line per mistake: key, got, allowed, file."""


class Account(BaseModel):
    """Everything that may be said under `takeoff-bootstrap:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")] = Field(
        description="the GitHub repository whose workflows deploy, owner/name"
    )
    environments: Annotated[tuple[Annotated[str, StringConstraints(pattern=r"^[\w-]+$")], ...], AsTuple] = Field(
        default=("dev", "staging", "prod"),
        min_length=1,
        description="the GitHub environments whose jobs may take the deployer's role",
    )
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")] = Field(
        default="us-east-1", description="region of the state bucket and its key, and the only one to deploy to"
    )
    oidc_provider: Singleton = Field(default="create", description="GitHub's OpenID Connect provider")
    service_linked_roles: dict[Service, Singleton] = Field(
        default={"sagemaker.application-autoscaling.amazonaws.com": "create"},
        description="service-linked roles by service; each is created once per account",
    )
    api_gateway_logs: Singleton = Field(default="use-existing", description="the role by which API Gateway writes logs")
    config_recorder: Singleton = Field(default="use-existing", description="AWS Config's recorder and its bucket")
    lake_formation: Singleton = Field(
        default="use-existing", description="Lake Formation's settings: the deployer administers, new tables are closed"
    )
    anomaly_monitor: Singleton = Field(default="use-existing", description="Cost Explorer's anomaly monitor by service")


def load(stack: str) -> Account:
    """Read and check the configuration. Raises ConfigError."""
    config, prefix = pulumi.Config(NAMESPACE), f"{NAMESPACE}:"
    known = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    raw: dict[str, Any] = {}
    for key in sorted(name.removeprefix(prefix) for name in known if name.startswith(prefix)):
        text = config.require(key)
        raw[key] = config.require_object(key) if text[:1] in "{[" else text
    return parse(raw, stack)


def parse(raw: dict[str, Any], stack: str) -> Account:
    """Check configuration that was already read. Raises ConfigError with one line per mistake."""
    try:
        return Account.model_validate(raw)
    except ValidationError as error:
        lines = [_line(details, stack) for details in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def _line(details: Any, stack: str) -> str:
    path = ".".join(str(part) for part in details["loc"] if part != "[key]")
    got, allowed = repr(details["input"]), details["msg"]
    if details["type"] == "missing":
        got, allowed = "nothing", "a value: this key is required"
    elif details["type"] == "extra_forbidden":
        keys = (field.alias or name for name, field in Account.model_fields.items())
        got, allowed = "a key that does not exist", "one of " + ", ".join(keys)
    return f"{NAMESPACE}:{path}: got {got}; allowed: {allowed}; fix it in bootstrap/Pulumi.{stack}.yaml"
