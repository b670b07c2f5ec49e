"""The stack's data: its key, the models bucket, and the buckets and catalog that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.access_logs import AccessLogs
from components.bucket import Bucket, ObjectLock
from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement

# How long an overwritten object can be had back.
_OLD_VERSION_DAYS = 90
# Reports of previews, which their pull requests have read long before (components/previews.py).
_PASSING = {"previews/": 14}


@dataclass(frozen=True, kw_only=True)
class LakeArgs:
    """The lake proper. For `audit_days` nobody deletes what is in the audit bucket (see components/bucket.py).

    `readers` are IAM roles (their ARNs) that may look tables up in the catalog and select from them. Raises ValueError.
    """

    audit_days: int
    audit_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    readers: Sequence[str] = ()

    def __post_init__(self) -> None:
        if wrong := [arn for arn in self.readers if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/.+", arn)]:
            raise ValueError(f"lake.readers: got {wrong}; allowed: ARNs of IAM roles")


@dataclass(frozen=True, kw_only=True)
class DataLakeArgs:
    """What a stack keeps. `capture_days` is for how long captures stay: for all, or by model.

    Without `retain_data` a bucket goes with what is in it; the audit bucket never does. `key_services` are AWS services
    that use the key with no role of ours (see components/key.py). Raises ValueError for captures without a term.
    """

    retain_data: bool
    captures: bool = False
    capture_days: int | Mapping[str, int] = 0
    lake: LakeArgs | None = None
    key_services: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.captures and not self.capture_days:
            raise ValueError(f"captures: got capture_days {self.capture_days}; allowed: 1 day or more")

    def expiry(self) -> dict[str, int]:
        """Days by prefix of the captures bucket; a model's captures are under its name."""
        if isinstance(self.capture_days, int):
            return {"": self.capture_days}
        return {f"{model}/": days for model, days in self.capture_days.items()}


class DataLake(pulumi.ComponentResource):
    """A key and the models bucket; captures and the lake's buckets, logs and catalog where they are asked for.

    Account-wide settings of Lake Formation belong to bootstrap/: until it takes IAMAllowedPrincipals away there, every
    role that IAM allows may read the catalog, and the grants made here add nothing.
    https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
    """

    def __init__(self, name: str, site: Site, args: DataLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:data:DataLake", name, None, opts)
        self._name, self._site, self._args = name, site, args
        # Key and models bucket stood alone before 0.2: their alias keeps the data where it is.
        moved = pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
        purpose = f"Data and models of {site.stack}"
        self.key = Key("data", site=site, purpose=purpose, services=args.key_services, opts=moved)
        self._logs = self._access_logs() if args.lake else None
        self.models = self._bucket("models", expire=_PASSING, noncurrent_days=_OLD_VERSION_DAYS, opts=moved)
        self.captures = self._bucket("captures", expire=args.expiry()) if args.captures else None
        self.raw = self.features = self.audit = None
        self.database: pulumi.Output[str] | None = None
        if args.lake:
            self.raw = self._bucket("raw", noncurrent_days=_OLD_VERSION_DAYS)
            self.features = self._bucket("features", noncurrent_days=_OLD_VERSION_DAYS)
            self.audit = self._audit(args.lake)
            self.database = self._catalog(args.lake, [self.raw, self.features])
        self.register_outputs({"models": self.models.name})

    def _bucket(
        self,
        name: str,
        *,
        expire: Mapping[str, int] | None = None,
        noncurrent_days: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Bucket:
        return Bucket(
            name,
            site=self._site,
            key=self.key,
            force_destroy=not self._args.retain_data,
            expire=expire,
            noncurrent_days=noncurrent_days,
            logs=self._logs,
            opts=opts or pulumi.ResourceOptions(parent=self),
        )

    def _access_logs(self) -> AccessLogs:
        gone = not self._args.retain_data
        return AccessLogs("logs", site=self._site, force_destroy=gone, opts=pulumi.ResourceOptions(parent=self))

    def _audit(self, lake: LakeArgs) -> Bucket:
        """What was overwritten stays as long again as the lock holds it; what is current stays."""
        return Bucket(
            "audit",
            site=self._site,
            key=self.key,
            force_destroy=False,
            noncurrent_days=lake.audit_days,
            lock=ObjectLock(days=lake.audit_days, mode=lake.audit_mode),
            logs=self._logs,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _catalog(self, lake: LakeArgs, buckets: Sequence[Bucket]) -> pulumi.Output[str]:
        """A Glue database, its buckets under Lake Formation, and who may read it. Returns the database's name."""
        child = pulumi.ResourceOptions(parent=self)
        database = aws.glue.CatalogDatabase(
            self._name,
            # Athena takes no hyphens without quotes.
            name=self._site.name(self._name, limit=255).replace("-", "_"),
            description=f"Raw data and features of {self._site.stack}",
            opts=child,
        )
        role = self._access(buckets)
        for label, bucket in zip(("raw", "features"), buckets, strict=True):
            aws.lakeformation.Resource(f"{self._name}-{label}", arn=bucket.arn, role_arn=role.ready_arn, opts=child)
        for arn in lake.readers:
            self._grant(arn, database.name)
        name: pulumi.Output[str] = database.name
        return name

    def _access(self, buckets: Sequence[Bucket]) -> Role:
        """The role by which Lake Formation reaches the data for those whom it lets in.

        https://docs.aws.amazon.com/lake-formation/latest/dg/registration-role.html
        """
        role = Role(
            f"{self._name}-access",
            site=self._site,
            service="lakeformation.amazonaws.com",
            description=f"Reaches the lake of {self._site.stack} for Lake Formation",
            opts=pulumi.ResourceOptions(parent=self),
        )
        objects = [pulumi.Output.concat(bucket.arn, "/*") for bucket in buckets]
        role.allow(
            Statement(actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resources=objects),
            Statement(actions=["s3:ListBucket"], resources=[bucket.arn for bucket in buckets]),
        )
        self.key.grant_encrypt(role)
        return role

    def _grant(self, reader: str, database: pulumi.Output[str]) -> None:
        """Let a role find the database's tables and select from them."""
        logical = f"{self._name}-{reader.rpartition('/')[2]}"
        child = pulumi.ResourceOptions(parent=self)
        aws.lakeformation.Permissions(
            logical, principal=reader, permissions=["DESCRIBE"], database={"name": database}, opts=child
        )
        aws.lakeformation.Permissions(
            f"{logical}-tables",
            principal=reader,
            permissions=["DESCRIBE", "SELECT"],
            table={"database_name": database, "wildcard": True},
            opts=child,
        )
