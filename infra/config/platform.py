"""What models share: network, data lake, alerts, registry, deployer. A block that is absent creates nothing."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from catalog.subnets import TAKEN, overlap
from infra.config.base import AccountId, AsTuple, Emails, MistakeError, Strict
from infra.config.business import Dollars

Nat = Literal["none", "single", "per-zone"]
Cidr = Annotated[str, StringConstraints(pattern=r"^[0-9.]+/[0-9]+$")]


class Network(Strict):
    """A VPC of the stack's own, or one that exists; models run in its private subnets."""

    cidr: Cidr | None = Field(default=None, description="addresses of a new VPC, a private block of /16 to /22")
    zones: Annotated[int, Field(ge=2, le=3)] = Field(default=2, description="availability zones of a new VPC")
    nat: Nat = Field(default="none", description="NAT gateways of a new VPC: the way out to the internet")
    reserved: Annotated[tuple[Cidr, ...], AsTuple] = Field(
        default=(), description="address blocks of other networks, which `cidr` must not overlap"
    )
    vpc_id: Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]+$")] | None = Field(
        default=None, description="an existing VPC, in place of `cidr`"
    )
    subnet_ids: Annotated[tuple[str, ...], AsTuple] = Field(
        default=(), description="private subnets of the existing VPC, in two zones or more"
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Network:
        if (self.cidr is None) == (self.vpc_id is None):
            got = "neither cidr nor vpcId" if self.cidr is None else "both cidr and vpcId"
            raise MistakeError("", got, "cidr for a new VPC, or vpcId and subnetIds of an existing one")
        if self.vpc_id and len(self.subnet_ids) < 2:
            raise MistakeError("subnetIds", str(list(self.subnet_ids)), "two private subnets or more, in two zones")
        if self.cidr and self.subnet_ids:
            raise MistakeError("subnetIds", "subnets of a new VPC", "none: they are made from cidr")
        return self

    @model_validator(mode="after")
    def _addresses_are_free(self) -> Network:
        named = [("cidr", self.cidr), *((f"reserved[{n}]", cidr) for n, cidr in enumerate(self.reserved))]
        for where, cidr in named:
            try:
                IPv4Network(cidr or TAKEN)
            except ValueError as error:
                raise MistakeError(where, repr(cidr), f"a block such as 10.20.0.0/16 ({error})") from None
        if self.cidr is None:
            return self
        own = IPv4Network(self.cidr)
        if not (own.is_private and 16 <= own.prefixlen <= 22):
            raise MistakeError("cidr", self.cidr, "a private block of /16 to /22, such as 10.20.0.0/20")
        for where, other in (*named[1:], ("the addresses of SageMaker's own hosts", TAKEN)):
            if other and overlap(self.cidr, [other]):
                raise MistakeError("cidr", self.cidr, f"a block that does not overlap {where}, {other}")
        return self


class Lake(Strict):
    """Buckets for raw data, features and an audit trail, and their catalog."""

    audit_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=365, description="days for which nobody can delete an object of the audit bucket"
    )
    audit_mode: Literal["GOVERNANCE", "COMPLIANCE"] = Field(
        default="GOVERNANCE", description="COMPLIANCE: not even the account's root user can shorten it"
    )


class Alerts(Strict):
    """Who hears of alarms."""

    critical: Emails = Field(default=(), description="e-mail addresses that are woken up")
    warning: Emails = Field(default=(), description="e-mail addresses that read it in the morning")
    runbooks: Annotated[str, StringConstraints(pattern=r"^https://.*[^/]$")] = Field(
        description="address of the folder docs/runbooks as people read it: the link in every alarm"
    )


class Budget(Strict):
    """What the stack may cost: a budget that writes before the money is spent, and the limit of a preview."""

    monthly: Dollars = Field(description="US dollars a month for everything in the stack")
    email: Emails = Field(min_length=1, max_length=10, description="who hears of 80 % spent and 100 % forecast")


class Registry(Strict):
    """Model package groups and model cards, one per model."""

    readers: Annotated[tuple[AccountId, ...], AsTuple] = Field(
        default=(), description="accounts that may read and copy registered versions"
    )


class Spark(Strict):
    """The EMR Serverless application on which models with `monitor.engine: emr-serverless` are looked at."""

    image: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[^@:]+@sha256:[0-9a-f]{64}$")
    ] = Field(description="image of model_code/monitor/Dockerfile in ECR, by digest")
    vcpus: Annotated[int, Field(ge=12, le=4000)] = Field(default=32, description="vCPUs of all runs together, at most")


class Deployer(Strict):
    """The CodeBuild project that runs `pulumi up` for this stack."""

    repository: Annotated[str, StringConstraints(pattern=r"^https://github\.com/[^/]+/[^/]+$")] = Field(
        description="address of the GitHub repository"
    )
    branch: str = Field(default="main", description="branch that is deployed")
    role: Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")] = Field(
        description="the deployer role that bootstrap/ made"
    )
    preview_role: Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")] | None = Field(
        default=None, description="the preview role that bootstrap/ made: pull requests are previewed in the network"
    )
    state: Annotated[str, StringConstraints(pattern=r"^s3://.+$")] = Field(
        description="the state bucket that bootstrap/ made"
    )
