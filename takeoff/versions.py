"""A model's versions as the account knows them: what each is, which slot it has, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from catalog.candidates import Candidates, holds
from catalog.naming import parameter_name
from model_code.contract import VersionRecord
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version. `slot`: approved, candidate or empty. `verdict`: promoted, rejected, rolled-back or empty."""

    version: str
    algorithm: str
    metrics: Mapping[str, float]
    slot: str
    verdict: str
    reason: str
    run: str
    package: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """One model's parameters, read at one moment."""

    model: str
    leaves: Mapping[str, str]

    def document(self, leaf: str) -> dict[str, Any]:
        """A parameter's JSON object; empty when there is none."""
        found: dict[str, Any] = json.loads(self.leaves.get(leaf, "{}"))
        return found

    def record(self, leaf: str) -> VersionRecord | None:
        """The version that a slot or `versions/<version>` holds."""
        text = self.leaves.get(leaf)
        return VersionRecord.model_validate_json(text) if text else None

    def slot(self, version: str) -> str:
        """Which slot a version has; empty for none."""
        held = {leaf: self.record(leaf) for leaf in ("approved", "candidate")}
        return next((leaf for leaf, record in held.items() if record and record.version == version), "")

    def candidates(self) -> Candidates | None:
        """The wish of a model whose versions take each other's place; None for any other."""
        text = self.leaves.get("desired", "")
        return Candidates.from_json(text) if holds(text) else None

    def versions(self) -> list[Version]:
        """Every version that was ever registered: the approved one, the candidate, then the others by name."""
        records = [self.record(leaf) for leaf in self.leaves if leaf.startswith("versions/")]
        found = [self._version(record) for record in records if record]
        order = ("approved", "candidate", "")
        return sorted(found, key=lambda each: (order.index(each.slot), each.version))

    def version(self, name: str) -> Version:
        """One version by its name or the beginning of it. Raises CommandError."""
        found = [each for each in self.versions() if each.version.startswith(name)]
        if len(found) != 1 or not name:
            known = ", ".join(each.version for each in self.versions()) or "none yet"
            raise CommandError(f"version of {self.model}: got {name!r}; allowed: one of {known}")
        return found[0]

    def _version(self, record: VersionRecord) -> Version:
        decision = self.document(f"decisions/{record.version}")
        return Version(
            version=record.version,
            algorithm=record.algorithm,
            metrics=record.metrics,
            slot=self.slot(record.version),
            verdict=str(decision.get("verdict", "")),
            reason=str(decision.get("reason", "")),
            run=record.run,
            package=record.package,
        )


def known(stack: DeployedStack, model: DeployedModel) -> Known:
    """What the account knows of a model now."""
    path = parameter_name(stack.name, model.name, "").rstrip("/")
    return Known(model=model.name, leaves=parameter.under(boto3.client("ssm"), path))
