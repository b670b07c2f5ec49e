"""Registering a version: what an artifact must be, and for which model."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from model_code.contract import load_spec
from takeoff.register import register
from takeoff.stack import CommandError, DeployedModel, DeployedStack

SPEC = load_spec("breast_cancer").inputs
METADATA: dict[str, Any] = {
    "algorithm": "logistic-regression",
    "metrics": {"accuracy": 0.98},
    "features": list(SPEC.names),
    "classes": list(SPEC.classes),
}
MODEL = DeployedModel(name="cancer", code="breast_cancer", owner="o@example.com", traffic={"main": 100}, versions=[])
STACK = DeployedStack(name="test", bucket="models", rollout="arn", models={"cancer": MODEL})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="models")
        yield


def artifact(folder: Path, **changes: Any) -> Path:
    content = json.dumps({key: value for key, value in (METADATA | changes).items() if value is not None}).encode()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return folder / "model.tar.gz"


def stored() -> list[str]:
    return [item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket="models").get("Contents", [])]


@pytest.mark.usefixtures("account")
def test_the_first_version_is_approved_and_the_next_a_candidate(tmp_path: Path) -> None:
    first, slot = register(STACK, "cancer", artifact(tmp_path))
    second, next_slot = register(STACK, "cancer", artifact(tmp_path, metrics={"accuracy": 0.99}))
    assert (slot, next_slot) == ("approved", "candidate")
    assert len(stored()) == 2
    assert first.version != second.version


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("key", ["features", "classes"])
def test_a_version_of_another_schema_is_refused_and_nothing_is_stored(tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandError, match=rf"trained for {key} \['other'\]; allowed: .*spec.py"):
        register(STACK, "cancer", artifact(tmp_path, **{key: ["other"]}))
    assert stored() == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("key", ["algorithm", "metrics"])
def test_an_artifact_that_says_too_little_of_itself_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandError, match=f"lacks .*{key}"):
        register(STACK, "cancer", artifact(tmp_path, **{key: None}))
    assert stored() == []
