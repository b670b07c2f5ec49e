"""Where a version comes from and where it went: data set, training run, registry, endpoint, decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

from takeoff.stack import DeployedModel
from takeoff.versions import Known, Version

# What S3 answers where an object is not there, with and without the right to list.
_MISSING = {"NoSuchKey", "404", "403", "AccessDenied"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a version's life, with what is known of it; nothing known is said, too."""

    name: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Lineage:
    """Reads one model's history from the account."""

    def __init__(self) -> None:
        self._s3, self._sagemaker = boto3.client("s3"), boto3.client("sagemaker")

    def of(self, model: DeployedModel, known: Known, version: Version) -> list[Stage]:
        """The stages of a version, in the order in which it went through them."""
        record = self._json(version.run, "record.json")
        verdict = self._json(version.run, "output/decide/verdict.json")
        package = self._package(version.package)
        return [
            Stage(name="data set", facts=_data(record, package)),
            Stage(name="training run", facts=_run(version, record)),
            Stage(name="gates", facts=_gates(verdict)),
            Stage(name="version", facts=_version(version, package)),
            Stage(name="endpoint", facts=self._endpoint(model, known, version)),
            Stage(name="decision", facts=_decision(known, version)),
        ]

    def _json(self, folder: str, name: str) -> dict[str, Any]:
        if not folder:
            return {}
        bucket, _, prefix = folder.removeprefix("s3://").partition("/")
        try:
            body = self._s3.get_object(Bucket=bucket, Key=f"{prefix.rstrip('/')}/{name}")["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            return {}
        found: dict[str, Any] = json.loads(body)
        return found

    def _package(self, arn: str) -> dict[str, Any]:
        return dict(self._sagemaker.describe_model_package(ModelPackageName=arn)) if arn else {}

    def _endpoint(self, model: DeployedModel, known: Known, version: Version) -> dict[str, str]:
        wish = known.candidates()
        if wish is None or version.version not in wish.releases or not model.endpoint:
            return {}
        config = wish.releases[version.version].config
        live = self._sagemaker.describe_endpoint(EndpointName=model.endpoint)
        served = [
            f"{variant['VariantName']} at weight {variant.get('CurrentWeight', 0):g}"
            for variant in live.get("ProductionVariants", [])
        ]
        at = f"live: {', '.join(served)}" if live["EndpointConfigName"] == config else "declared, not live by itself"
        return {"endpoint": model.endpoint, "config": config, "serves": at}


def _data(record: Mapping[str, Any], package: Mapping[str, Any]) -> dict[str, str]:
    told = package.get("CustomerMetadataProperties", {})
    version = str(record.get("data") or told.get("data", ""))
    return {"S3 version": version} if version else {}


def _run(version: Version, record: Mapping[str, Any]) -> dict[str, str]:
    facts = {"folder": version.run} if version.run else {}
    return facts | {key: str(record[key]) for key in ("cause", "by", "reason", "execution", "started") if key in record}


def _gates(verdict: Mapping[str, Any]) -> dict[str, str]:
    if not verdict:
        return {}
    return {"outcome": str(verdict["outcome"]), "reasons": "; ".join(verdict.get("reasons", [])) or "none"}


def _version(version: Version, package: Mapping[str, Any]) -> dict[str, str]:
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in version.metrics.items())
    facts = {"version": version.version, "algorithm": version.algorithm, "metrics": metrics}
    told = package.get("CustomerMetadataProperties", {})
    facts |= {key: str(told[key]) for key in ("commit", "image") if told.get(key)}
    if package:
        facts |= {"package": version.package, "approval": str(package["ModelApprovalStatus"])}
    return facts | _card(package.get("ModelCard", {}))


def _card(card: Mapping[str, str]) -> dict[str, str]:
    """What a version is for and how harmful a wrong answer is, as its model card says; nothing of one without."""
    uses = json.loads(card.get("ModelCardContent") or "{}").get("intended_uses", {})
    known = {"purpose": "purpose_of_model", "risk": "risk_rating"}
    facts = {name: str(uses[key]) for name, key in known.items() if uses.get(key)}
    return facts | ({"model card": card["ModelCardStatus"]} if card.get("ModelCardStatus") else {})


def _decision(known: Known, version: Version) -> dict[str, str]:
    told = known.document(f"decisions/{version.version}")
    return {key: str(told[key]) for key in ("verdict", "reason", "live", "at") if told.get(key)}
