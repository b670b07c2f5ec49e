"""A version whose offline reports are fine: how a release that fails only in production comes into the registry."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from scenarios.graphs import Change, changed
from scenarios.stage import Stage


def release(stage: Stage, name: str, change: Change) -> str:
    """Register, approved, the live version with another graph and the live version's own reports; returns the version.

    From here on everything is the loop's: the registry's event, admission, deployment, analysis.
    """
    account = stage.account
    record = account.leaf("approved")
    content = changed(_object(account.s3, record["artifact"]), name, change)
    version = hashlib.sha256(content).hexdigest()[:12]
    bucket = account.stack.bucket
    key = f"{account.model.name}/scenarios/{name}-{version}/model.tar.gz"
    account.s3.put_object(Bucket=bucket, Key=key, Body=content)
    run = f"runs/{account.model.name}/scenario-{name}-{version}"
    verdict = {"outcome": "approve", "reasons": [], "version": version, "algorithm": name, "metrics": record["metrics"]}
    _reports(account, str(record["run"]), run)
    account.put(f"{run}/output/decide/verdict.json", json.dumps(verdict))
    _register(account, record["package"], f"s3://{bucket}/{key}", f"s3://{account.stack.features}/{run}")
    stage.timeline.tell("registered", f"{version} ({name})")
    return version


def _reports(account: Any, source: str, run: str) -> None:
    """What the live version's gates wrote, for the new one: monitor and gates find their baseline there."""
    bucket, _, folder = source.removeprefix("s3://").partition("/")
    for each in account.s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/output/").get("Contents", ()):
        key = f"{run}{each['Key'].removeprefix(folder)}"
        account.s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": each["Key"]})


def _register(account: Any, live: str, artifact: str, run: str) -> None:
    """As the live version's package, with another artifact and run."""
    like = account.sagemaker.describe_model_package(ModelPackageName=live)
    container = {**like["InferenceSpecification"]["Containers"][0], "ModelDataUrl": artifact}
    kept = {key: container[key] for key in ("Image", "ModelDataUrl") if key in container}
    account.sagemaker.create_model_package(
        ModelPackageGroupName=account.model.registry,
        ModelApprovalStatus="Approved",
        InferenceSpecification={**like["InferenceSpecification"], "Containers": [kept]},
        CustomerMetadataProperties={**like.get("CustomerMetadataProperties", {}), "run": run},
    )


def _object(s3: Any, url: str) -> bytes:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
