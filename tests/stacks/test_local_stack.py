"""The local stack's program, whole."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi_aws as aws
import pytest
import yaml

from infra.program import deploy as program
from tests.deployment import Deployment, deploy

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "a" * 64


def config() -> dict[str, str]:
    """The stack file as the engine hands it over: objects as JSON."""
    raw = yaml.safe_load((ROOT / "stacks/Pulumi.local.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}


def facts(**more: str) -> dict[str, str]:
    """An account after the phases: an image and two versions."""

    def version(digit: str) -> str:
        artifact = f"s3://takeoff-local-models/breast-cancer/{digit * 64}/model.tar.gz"
        return json.dumps({"version": digit * 12, "artifact": artifact, "algorithm": "x", "metrics": {"accuracy": 0.9}})

    leaves = {
        "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-local-breast-cancer@sha256:{DIGEST}",
        "approved": version("1"),
        "candidate": version("2"),
    }
    return {f"/takeoff/local/breast-cancer/{leaf}": value for leaf, value in {**leaves, **more}.items()}


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return deploy(program, stack="local", config=config(), parameters=facts())


def desired(deployment: Deployment) -> dict[str, object]:
    return json.loads(deployment.one(aws.ssm.Parameter).inputs["insecureValue"])


def test_an_empty_account_gets_the_platform_and_is_told_the_next_command() -> None:
    deployment = deploy(program, stack="local", config=config())
    assert deployment.all(aws.sagemaker.Endpoint) == []
    assert deployment.all(aws.sagemaker.Model) == []
    assert deployment.one(aws.sfn.StateMachine)
    assert "image" in deployment.outputs["models"]["breast-cancer"]["next"]


def test_the_endpoint_is_protected_and_left_to_rollout(whole: Deployment) -> None:
    endpoint = whole.one(aws.sagemaker.Endpoint)
    assert endpoint.protect
    assert endpoint.ignore_changes == ("endpointConfigName", "deploymentConfig")


def test_configs_and_models_outlive_their_release(whole: Deployment) -> None:
    kept = [*whole.all(aws.sagemaker.EndpointConfiguration), *whole.all(aws.sagemaker.Model)]
    assert len(kept) == 3
    assert all(resource.retain_on_delete for resource in kept)


def test_a_new_config_sends_no_traffic_to_the_candidate_until_rollout_says_so(whole: Deployment) -> None:
    variants = whole.one(aws.sagemaker.EndpointConfiguration).inputs["productionVariants"]
    assert [(v["variantName"], v["initialVariantWeight"]) for v in variants] == [("main", 100), ("candidate", 0)]


def test_the_wish_carries_traffic_and_counts(whole: Deployment) -> None:
    assert desired(whole)["variants"] == {
        "main": {"traffic": 90, "instances": 1},
        "candidate": {"traffic": 10, "instances": 1},
    }


def test_a_change_of_traffic_makes_no_new_config(whole: Deployment) -> None:
    changed = json.loads(config()["takeoff:models"])
    changed["breast-cancer"]["traffic"] = {"main": 50, "candidate": 50}
    parameters = facts(desired=whole.one(aws.ssm.Parameter).inputs["insecureValue"])
    after = deploy(
        program, stack="local", config={**config(), "takeoff:models": json.dumps(changed)}, parameters=parameters
    )
    assert desired(after)["config"] == desired(whole)["config"]
    assert desired(after)["variants"] != desired(whole)["variants"]


def test_going_back_to_an_old_content_takes_a_new_name(whole: Deployment) -> None:
    first = whole.one(aws.ssm.Parameter).inputs["insecureValue"]
    other = facts(candidate=facts()["/takeoff/local/breast-cancer/approved"], desired=first)
    second = deploy(program, stack="local", config=config(), parameters=other).one(aws.ssm.Parameter)
    back = deploy(
        program, stack="local", config=config(), parameters=facts(desired=second.inputs["insecureValue"])
    ).one(aws.ssm.Parameter)
    names = [
        json.loads(text)["config"] for text in (first, second.inputs["insecureValue"], back.inputs["insecureValue"])
    ]
    assert len(set(names)) == 3


def test_the_wish_is_written_after_the_rule_that_hears_it(whole: Deployment) -> None:
    target = whole.one(aws.cloudwatch.EventTarget)
    assert target.urn in whole.one(aws.ssm.Parameter).depends_on


def test_one_model_needs_at_most_forty_resources(whole: Deployment) -> None:
    assert len(whole.resources) <= 40
