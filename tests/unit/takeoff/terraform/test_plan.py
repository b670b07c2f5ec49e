"""A preview in Terraform's words: names, blocks, references, and nothing lost without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
from typer.testing import CliRunner

from catalog.computed import COMPUTED
from takeoff.__main__ import app
from takeoff.preview.stream import SIGNATURE
from takeoff.stack import CommandError
from takeoff.terraform.names import known
from takeoff.terraform.plan import Plan, convert
from tests.stacks.shipped import STACKS
from tests.unit.takeoff.terraform.digests import made, shipped_digest, urn

BUCKET, KEY = "aws:s3/bucket:Bucket", "aws:kms/key:Key"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def values(plan: Plan, address: str) -> dict[str, Any]:
    return _one(plan.document["planned_values"]["root_module"]["resources"], address)["values"]  # type: ignore[no-any-return]


def expressions(plan: Plan, address: str) -> dict[str, Any]:
    return _one(plan.document["configuration"]["root_module"]["resources"], address)["expressions"]  # type: ignore[no-any-return]


def _one(resources: list[dict[str, Any]], address: str) -> dict[str, Any]:
    return next(each for each in resources if each["address"] == address)


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_that_a_shipped_stack_declares_is_listed(stack: str) -> None:
    plan = convert(shipped_digest(stack))
    assert plan.unlisted == {}
    resources = plan.document["planned_values"]["root_module"]["resources"]
    custom = [step for step in shipped_digest(stack)["steps"] if step["newState"]["type"].startswith("aws:")]
    assert len(resources) == len(custom)
    assert len({each["address"] for each in resources}) == len(resources)


def test_every_listed_type_is_one_of_the_sdks() -> None:
    for token in known():
        service, name = token.split(":")[1].split("/")[0], token.split(":")[2]
        assert getattr(getattr(aws, "lambda_" if service == "lambda" else service), name).pulumi_type == token


def test_blocks_are_lists_under_their_singular_name_and_maps_keep_their_keys() -> None:
    plan = convert(shipped_digest("prod"))
    config = next(
        each["values"]
        for each in plan.document["planned_values"]["root_module"]["resources"]
        if each["type"] == "aws_sagemaker_endpoint_configuration" and "breast" in each["name"]
    )
    assert [each["variant_name"] for each in config["production_variants"]] == ["main", "candidate"]
    assert config["data_capture_config"][0]["capture_options"][0] == {"capture_mode": "Input"}
    assert config["tags"]["takeoff:model"] == "breast-cancer"
    (rule,) = values(plan, "aws_s3_bucket_server_side_encryption_configuration.raw")["rule"]
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "aws:kms"
    function = values(plan, "aws_lambda_function.breast-cancer-batch")
    assert function["environment"][0]["variables"]
    assert all(key.isupper() for key in function["environment"][0]["variables"])
    assert "code" not in function
    assert function["filename"].startswith("(held back")


def test_a_reference_leads_through_what_handed_the_value_on() -> None:
    """A lifecycle takes the bucket's name from its versioning, which waits for it; the check looks for the bucket."""
    found = expressions(convert(shipped_digest("prod")), "aws_s3_bucket_lifecycle_configuration.raw")
    assert found["bucket"]["references"] == [
        "aws_s3_bucket_versioning.raw.id",
        "aws_s3_bucket_versioning.raw",
        "aws_s3_bucket.raw.id",
        "aws_s3_bucket.raw",
    ]


def test_a_value_that_is_unknown_is_marked_and_keeps_its_reference() -> None:
    plan = convert(
        made(
            {"type": KEY, "name": "data", "inputs": {"enableKeyRotation": True}},
            {
                "type": ENCRYPTION,
                "name": "raw",
                "inputs": {
                    "bucket": "raw",
                    "rules": [
                        {"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": COMPUTED, "sseAlgorithm": "aws:kms"}}
                    ],
                },
                "propertyDependencies": {"rules": [urn(KEY, "data")]},
            },
        )
    )
    address = "aws_s3_bucket_server_side_encryption_configuration.raw"
    default = "apply_server_side_encryption_by_default"
    assert values(plan, address)["rule"] == [{default: [{"sse_algorithm": "aws:kms"}]}]
    change = _one(plan.document["resource_changes"], address)["change"]
    assert change["after_unknown"] == {"rule": [{default: [{"kms_master_key_id": True}]}]}
    (rule,) = expressions(plan, address)["rule"]
    assert rule[default][0]["kms_master_key_id"] == {"references": ["aws_kms_key.data.id", "aws_kms_key.data"]}
    assert COMPUTED not in json.dumps(plan.document)


def test_secrets_stay_where_they_are() -> None:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc", "plaintext": "hunter2"}
    inputs = {"value": secret, "allowedPatterns": [secret]}
    plan = convert(made({"type": "aws:ssm/parameter:Parameter", "name": "p", "inputs": inputs}))
    assert "hunter2" not in json.dumps(plan.document)
    assert "abc" not in json.dumps(plan.document)
    assert values(plan, "aws_ssm_parameter.p")["value"].startswith("(held back")


def test_a_type_that_is_not_listed_is_named_and_counted() -> None:
    queue = {"type": "aws:sqs/queue:Queue", "inputs": {}}
    plan = convert(made({**queue, "name": "a"}, {**queue, "name": "b"}, {"type": KEY, "name": "k", "inputs": {}}))
    assert plan.unlisted == {"aws:sqs/queue:Queue": 2}
    assert [each["address"] for each in plan.document["resource_changes"]] == ["aws_kms_key.k"]


def test_what_goes_is_not_planned_and_a_replacement_is_planned_once() -> None:
    digest = made({"type": KEY, "name": "old", "inputs": {}}, {"type": KEY, "name": "new", "inputs": {}})
    digest["steps"][0]["op"] = "delete"
    digest["steps"][1]["op"] = "create-replacement"
    digest["steps"].append({**digest["steps"][1], "op": "replace"})
    addresses = [each["address"] for each in convert(digest).document["resource_changes"]]
    assert addresses == ["aws_kms_key.new"]


def test_equal_names_get_addresses_of_their_own() -> None:
    digest = made({"type": BUCKET, "name": "a.b", "inputs": {}}, {"type": BUCKET, "name": "a_b", "inputs": {}})
    addresses = [each["address"] for each in convert(digest).document["resource_changes"]]
    assert addresses == ["aws_s3_bucket.a_b", "aws_s3_bucket.a_b_2"]


def test_the_command_prints_the_plan_and_names_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "digest.json"
    queue = {"type": "aws:sqs/queue:Queue", "name": "q", "inputs": {}}
    file.write_text(json.dumps(made(queue, {"type": KEY, "name": "k", "inputs": {}})))
    done = CliRunner().invoke(app, ["terraform-plan", str(file)])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["resource_changes"][0]["type"] == "aws_kms_key"
    assert "left out 1 aws:sqs/queue:Queue" in done.stderr


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"steps": [1]}'])
def test_what_is_no_digest_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "digest.json"
    file.write_text(text)
    done = CliRunner().invoke(app, ["terraform-plan", str(file)])
    assert isinstance(done.exception, CommandError)
    assert "pulumi preview --json --show-sames" in str(done.exception)
