"""What becomes of an approved package, as a pure function: refused, left alone, or a version that is to be deployed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.naming import physical_name

Record = Mapping[str, Any]
"""A version's record (model_code.contract.VersionRecord) as JSON: a function has no pydantic to check it with."""
_ARTIFACT, _VERSION = r"s3://[^/]+/.+\.tar\.gz", r"[0-9a-f]{12}"


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model package as DescribeModelPackage tells it; `model` and `run` are the pipeline's words in its metadata."""

    arn: str
    group: str
    status: str
    model: str
    run: str
    artifact: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a model's parameters say: the versions in its two slots, who froze it, and what became of this version."""

    approved: str = ""
    candidate: Record | None = None
    frozen: str = ""
    decision: str = ""


@dataclass(frozen=True)
class Refuse:
    """This package is no version of the stack's, now or ever."""

    reason: str


@dataclass(frozen=True)
class Leave:
    """There is nothing to do, or not now."""

    reason: str


@dataclass(frozen=True)
class Admit:
    """Record the version in a slot. A candidate is then deployed; the first version is for whoever trains it."""

    slot: Literal["approved", "candidate"]
    record: Record


Step = Refuse | Leave | Admit


def owner(package: Package, stack: str) -> str | None:
    """Why a package is not that of the model that its metadata names; None when it is.

    Whoever may register a package could write any metadata; the group is what permissions are given for.
    """
    if not package.model or not package.run:
        return "its metadata names no model or no run of a pipeline; allowed: what TrainingPipeline registers"
    try:
        group = physical_name("takeoff", stack, package.model)
    except ValueError as error:
        return f"its metadata names the model {package.model!r}: {error}"
    if group != package.group:
        return f"its metadata names {package.model!r}, whose group is {group}; it is in {package.group}"
    if f"/runs/{package.model}/" not in package.run:
        return f"its metadata names the run {package.run}; allowed: a folder below runs/{package.model}/"
    return None


def record_of(package: Package, verdict: Mapping[str, Any]) -> Record:
    """The version's record. Raises ValueError for a verdict or artifact that makes none."""
    version, algorithm, metrics = (verdict.get(key) for key in ("version", "algorithm", "metrics"))
    if not isinstance(version, str) or not re.fullmatch(_VERSION, version):
        raise ValueError(f"verdict: version: got {version!r}; allowed: 12 hex digits of the artifact's SHA-256")
    if not isinstance(algorithm, str) or not isinstance(metrics, dict) or not all(map(_number, metrics.values())):
        raise ValueError("verdict: got no algorithm or metrics; allowed: what the gates wrote")
    if not re.fullmatch(_ARTIFACT, package.artifact):
        raise ValueError(f"artifact: got {package.artifact!r}; allowed: s3://BUCKET/….tar.gz")
    return {
        "version": version,
        "artifact": package.artifact,
        "algorithm": algorithm,
        "metrics": metrics,
        "run": package.run,
        "package": package.arn,
    }


def decide(package: Package, verdict: Mapping[str, Any], record: Record, known: Known) -> Step:
    """The next step for a package of the right model. Asked again, it says the same until the version is live.

    An approval is not enough where the gates refused: what a person may approve is what they asked about. A version
    on which there is a verdict is not tried again.
    """
    if package.status != "Approved":
        return Leave(f"it is {package.status or 'without a status'} by now")
    if verdict.get("outcome") not in ("approve", "ask"):
        return Refuse(f"the gates said {verdict.get('outcome')!r}: {_reasons(verdict)}")
    if known.frozen:
        return Leave(f"frozen: {known.frozen}; `takeoff unfreeze` takes it up again")
    if known.approved == record["version"]:
        return Leave("it is the approved version")
    if known.decision:
        return Refuse(f"there is a verdict on this version: {known.decision}")
    return Admit("candidate" if known.approved else "approved", record)


def _reasons(verdict: Mapping[str, Any]) -> str:
    found = verdict.get("reasons")
    return "; ".join(map(str, found)) if isinstance(found, list) and found else "no reason given"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
