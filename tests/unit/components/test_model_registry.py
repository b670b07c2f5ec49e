"""Model registries: versions, readers, card."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.key import Key
from components.model_registry import ModelRegistry, ModelRegistryArgs, card
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def args(key: Any = None, **other: Any) -> ModelRegistryArgs:
    given = {"model": "m", "owner": "team@example.com", "description": "Tells a from b.", "risk": "high", "key": key}
    return ModelRegistryArgs(**{**given, **other})


def registry(**other: Any) -> Deployment:
    def program() -> None:
        ModelRegistry("m-registry", SITE, args(Key("k", site=SITE, purpose="p"), **other))

    return deploy(program)


def test_versions_are_registered_in_a_group_with_the_models_name_and_owner() -> None:
    group = registry().one(aws.sagemaker.ModelPackageGroup).inputs
    assert group["modelPackageGroupName"] == "takeoff-test-m"
    assert group["tags"] == {"takeoff:model": "m", "takeoff:owner": "team@example.com"}


def test_another_description_is_not_another_group() -> None:
    """The plugin replaces a group for its description, and AWS keeps a group that holds versions."""
    one, other = (registry(description=text).one(aws.sagemaker.ModelPackageGroup).inputs for text in ("one", "other"))
    assert one == other


def test_readers_find_versions_and_make_models_of_them_and_change_nothing() -> None:
    declared = registry(readers=["210987654321", "111111111111"]).one(aws.sagemaker.ModelPackageGroupPolicy)
    assert declared.inputs["modelPackageGroupName"] == "takeoff-test-m"
    group = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/takeoff-test-m"
    versions = "arn:aws:sagemaker:us-east-1:123456789012:model-package/takeoff-test-m/*"
    find, use = json.loads(declared.inputs["resourcePolicy"])["Statement"]
    accounts = {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::210987654321:root"]}
    assert (find["Principal"], use["Principal"]) == (accounts, accounts)
    assert find["Action"] == ["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"]
    assert find["Resource"] == [group, versions]
    assert use["Action"] == ["sagemaker:DescribeModelPackage", "sagemaker:CreateModel"]
    assert use["Resource"] == [versions]


def test_without_readers_nobody_elses_account_is_let_in() -> None:
    assert registry().all(aws.sagemaker.ModelPackageGroupPolicy) == []


def test_the_card_names_owner_purpose_and_risk_as_aws_spells_them() -> None:
    declared = registry().one(aws.sagemaker.ModelCard)
    content = json.loads(declared.inputs["content"])
    assert content["model_overview"] == {
        "model_name": "m",
        "model_description": "Tells a from b.",
        "model_owner": "team@example.com",
    }
    assert content["intended_uses"]["purpose_of_model"] == "Tells a from b."
    assert content["intended_uses"]["risk_rating"] == "High"
    assert declared.inputs["securityConfig"]["kmsKeyId"].endswith("key/k")
    assert declared.inputs["tags"] == {"takeoff:model": "m", "takeoff:owner": "team@example.com"}


def test_the_card_says_what_the_model_must_bring_about_where_that_is_declared() -> None:
    aims = {"KPI reading-time": "Minutes to a finding: ≤ 12 minutes"}
    content = json.loads(registry(aims=aims).one(aws.sagemaker.ModelCard).inputs["content"])
    assert content["additional_information"] == {"custom_details": aims}
    assert "additional_information" not in json.loads(registry().one(aws.sagemaker.ModelCard).inputs["content"])


@pytest.mark.parametrize("risk", ["unknown", "low", "medium", "high"])
def test_every_risk_is_one_that_aws_knows(risk: str) -> None:
    rated = card(args(risk=risk))["intended_uses"]["risk_rating"]
    assert rated in {"Unknown", "Low", "Medium", "High"}
    assert rated.lower() == risk


def test_an_up_does_not_take_back_that_people_approved_a_card() -> None:
    assert registry().one(aws.sagemaker.ModelCard).ignore_changes == ("modelCardStatus",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"risk": "High"}, "unknown, low, medium, high"),
        ({"readers": ["12"]}, "twelve digits"),
        ({"description": ""}, "1 to 1024"),
        ({"description": "x" * 1025}, "1 to 1024"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        args(**wrong)
