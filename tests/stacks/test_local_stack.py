"""One model alone, with nothing around it: what every stack has."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from infra.program import deploy as program
from tests.deployment import Deployment, Registered, deploy
from tests.stacks import shipped

ROOT = Path(__file__).resolve().parents[2]


def config() -> dict[str, str]:
    """The local stack's first model and nothing around it."""
    model = shipped.models("local")["breast-cancer"]
    alone = {key: model[key] for key in ("code", "owner", "variants", "traffic")}
    return {"takeoff:retainData": "false", "takeoff:models": json.dumps({"breast-cancer": alone})}


def facts(**more: str) -> dict[str, str]:
    """An account after the phases: an image and two versions."""
    found = shipped.facts("local", **more)
    return {name: value for name, value in found.items() if name.startswith("/takeoff/local/breast-cancer/")}


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


def test_the_key_rotates_and_has_an_alias_and_a_long_farewell(whole: Deployment) -> None:
    key = whole.one(aws.kms.Key)
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    statement, _ = json.loads(key.inputs["policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    alias = whole.one(aws.kms.Alias)
    assert alias.inputs["name"] == "alias/takeoff-local-data"
    assert key.urn in alias.depends_on


def test_every_bucket_is_private_versioned_encrypted_and_tls_only(whole: Deployment) -> None:
    buckets = {bucket.inputs["bucket"] for bucket in whole.all(aws.s3.Bucket)}
    assert buckets == {"takeoff-local-models-123456789012"}

    def of_every_bucket(kind: type[pulumi.Resource]) -> list[Registered]:
        found = whole.all(kind)
        assert sorted(resource.inputs["bucket"] for resource in found) == sorted(buckets)
        return found

    for versioning in of_every_bucket(aws.s3.BucketVersioning):
        assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    for encryption in of_every_bucket(aws.s3.BucketServerSideEncryptionConfiguration):
        (rule,) = encryption.inputs["rules"]
        assert rule["bucketKeyEnabled"] is True
        default = rule["applyServerSideEncryptionByDefault"]
        assert default["sseAlgorithm"] == "aws:kms"
        assert whole.one(aws.kms.Key).urn in encryption.depends_on
    for block in of_every_bucket(aws.s3.BucketPublicAccessBlock):
        flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert [block.inputs.get(flag) for flag in flags] == [True] * 4
    for policy in of_every_bucket(aws.s3.BucketPolicy):
        (deny,) = json.loads(policy.inputs["policy"])["Statement"]
        assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        bucket, objects = deny["Resource"]
        assert objects == f"{bucket}/*"


def test_the_local_stacks_bucket_goes_with_its_objects_and_any_other_keeps_them() -> None:
    def force(retain: str) -> bool:
        with_retain = {**config(), "takeoff:retainData": retain}
        return bool(deploy(program, stack="local", config=with_retain).one(aws.s3.Bucket).inputs["forceDestroy"])

    assert (force("false"), force("true")) == (True, False)


def test_everything_carries_the_stacks_tags_by_default(whole: Deployment) -> None:
    provider = whole.one("pulumi:providers:aws")
    tags = json.loads(provider.inputs["defaultTags"])["tags"]
    assert tags == {"takeoff:stack": "local", "takeoff:managed-by": "pulumi"}
    assert provider.inputs["region"] == "us-east-1"


def test_what_belongs_to_a_model_carries_its_name_and_owner(whole: Deployment) -> None:
    kinds = (aws.sagemaker.Model, aws.sagemaker.EndpointConfiguration, aws.sagemaker.Endpoint, aws.ssm.Parameter)
    for kind in kinds:
        for resource in whole.all(kind):
            tags = {"takeoff:model": "breast-cancer", "takeoff:owner": "ml-platform@example.com"}
            assert resource.inputs.get("tags") == tags, resource.urn


def test_models_are_isolated_and_know_their_version_and_artifact(whole: Deployment) -> None:
    models = {model.inputs["name"].rpartition("-")[2]: model for model in whole.all(aws.sagemaker.Model)}
    assert set(models) == {"main", "candidate"}
    for slot, digit in (("main", "1"), ("candidate", "2")):
        model = models[slot]
        container = model.inputs["primaryContainer"]
        assert model.inputs["enableNetworkIsolation"] is True
        assert container["image"].endswith(f"@sha256:{shipped.DIGEST}")
        assert container["modelDataUrl"].endswith(f"/{digit * 64}/model.tar.gz")
        assert container["environment"] == {"TAKEOFF_MODEL_VERSION": digit * 12}


def test_what_an_endpoint_stores_is_encrypted_under_the_stacks_key(whole: Deployment) -> None:
    endpoint_config = whole.one(aws.sagemaker.EndpointConfiguration)
    assert endpoint_config.inputs["kmsKeyArn"].startswith("arn:aws:kms:")
    assert whole.one(aws.kms.Key).urn in endpoint_config.depends_on


def test_a_config_keeps_the_counts_that_it_was_born_with(whole: Deployment) -> None:
    """Autoscaling and Rollout own counts; a change in the stack file reaches the endpoint by the wish."""
    endpoint_config = whole.one(aws.sagemaker.EndpointConfiguration)
    assert endpoint_config.ignore_changes == ("productionVariants[*].initialInstanceCount",)


def test_the_rollouts_log_is_kept_for_ninety_days_under_the_functions_name(whole: Deployment) -> None:
    log, function = whole.one(aws.cloudwatch.LogGroup, "rollout"), whole.one(aws.lambda_.Function)
    assert log.inputs["name"] == f"/aws/lambda/{function.inputs['name']}"
    assert log.inputs["retentionInDays"] == 90
    assert log.inputs["kmsKeyId"] == whole.one(aws.sagemaker.EndpointConfiguration).inputs["kmsKeyArn"]
    assert function.inputs["timeout"] == 60


def test_what_fails_of_a_rollout_is_logged_under_the_machines_name(whole: Deployment) -> None:
    machine = whole.one(aws.sfn.StateMachine).inputs
    assert machine["loggingConfiguration"]["level"] == "ERROR"
    assert machine["loggingConfiguration"]["logDestination"].endswith(f"/aws/vendedlogs/states/{machine['name']}:*")


def test_a_step_of_the_rollout_that_fails_is_tried_again(whole: Deployment) -> None:
    states = json.loads(whole.one(aws.sfn.StateMachine).inputs["definition"])["States"]
    (retry,) = states["Step"]["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]
    assert retry["MaxAttempts"] >= 3


def test_one_model_needs_at_most_forty_resources(whole: Deployment) -> None:
    assert len(whole.resources) <= 40
