"""What holds for every shipped stack: dev, staging, prod and local."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.cost import headline, monthly
from catalog.usage import Assumptions
from infra.config import ConfigError
from infra.program import deploy as program
from tests.deployment import Deployment, deploy
from tests.stacks import shipped
from tests.tree import ROOT
from tests.unit.components.test_runbooks import alarms_without_owner_or_page

MOST_IN_DEV = 40
HOLDS_DATA = (aws.s3.Bucket, aws.kms.Key, aws.ecr.Repository, aws.sagemaker.ModelPackageGroup)


@pytest.fixture(scope="module", params=shipped.STACKS)
def whole(request: pytest.FixtureRequest) -> Deployment:
    return shipped.whole(request.param)


def test_the_smallest_stack_of_one_model_stays_small() -> None:
    assert len(shipped.models("dev")) == 1
    # The stack itself is a resource too.
    assert len(shipped.whole("dev").resources) + 1 <= MOST_IN_DEV


def test_the_smallest_stack_says_what_it_costs_on_its_first_line() -> None:
    resources = [(resource.type, resource.inputs) for resource in shipped.whole("dev").resources]
    estimate = monthly(resources, "us-east-1", Assumptions())
    assert not estimate.unpriced
    first = (ROOT / "stacks/Pulumi.dev.yaml").read_text().splitlines()[0]
    assert first == headline(estimate), "write this line as the first of stacks/Pulumi.dev.yaml"


def test_every_alarm_names_its_owner_and_a_page_that_says_what_to_do(whole: Deployment) -> None:
    assert alarms_without_owner_or_page(whole) == []


def test_every_bucket_is_versioned_encrypted_closed_and_reached_over_tls_only(whole: Deployment) -> None:
    parts = (
        aws.s3.BucketVersioning,
        aws.s3.BucketServerSideEncryptionConfiguration,
        aws.s3.BucketPublicAccessBlock,
        aws.s3.BucketPolicy,
    )
    buckets = sorted(bucket.name for bucket in whole.all(aws.s3.Bucket))
    assert buckets
    for part in parts:
        assert sorted(each.name for each in whole.all(part)) == buckets


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_everything_that_holds_data_is_protected(stack: str) -> None:
    whole = shipped.whole(stack)
    holders = [resource for kind in HOLDS_DATA for resource in whole.all(kind)]
    assert len(holders) > len(HOLDS_DATA)
    assert [resource.urn for resource in holders if not resource.protect] == []


def test_a_declared_block_that_is_absent_creates_nothing() -> None:
    kinds = shipped.kinds(shipped.whole("dev"))
    absent = (
        aws.ec2.Vpc,
        aws.sns.Topic,
        aws.sagemaker.ModelPackageGroup,
        aws.glue.CatalogDatabase,
        aws.scheduler.Schedule,
    )
    assert {kind.pulumi_type for kind in (*absent, aws.cloudwatch.MetricAlarm)} & kinds.keys() == set()  # type: ignore[attr-defined]


def test_models_run_in_the_stacks_private_subnets_where_it_has_a_network() -> None:
    for stack in ("staging", "prod"):
        for model in shipped.whole(stack).all(aws.sagemaker.Model):
            assert len(model.inputs["vpcConfig"]["subnets"]) >= 2
            assert model.inputs["enableNetworkIsolation"] is True


def wish(whole: Deployment, model: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(whole.one(aws.ssm.Parameter, f"{model}-desired").inputs["insecureValue"])
    return found


def test_the_wish_names_the_plan_and_the_alarms_that_are_declared() -> None:
    whole = shipped.whole("prod")
    plan = wish(whole, "breast-cancer")["plan"]
    assert (plan["kind"], plan["percent"], plan["step_seconds"]) == ("linear", 50, 600)
    declared = {alarm.inputs["name"]: alarm for alarm in whole.all(aws.cloudwatch.MetricAlarm)}
    assert len(plan["alarms"]) == 4
    for name in plan["alarms"]:
        assert declared[name].inputs["dimensions"]["EndpointConfigName"] == wish(whole, "breast-cancer")["config"]


def test_autoscaling_owns_the_count_that_the_wish_leaves_out() -> None:
    whole = shipped.whole("prod")
    shares = wish(whole, "breast-cancer")["variants"]
    assert (shares["main"]["instances"], shares["candidate"]["instances"]) == (None, 2)
    assert whole.one(aws.appautoscaling.Target).inputs["resourceId"].endswith("/variant/main")


def test_captures_are_deleted_when_their_days_are_over() -> None:
    rules = shipped.whole("prod").one(aws.s3.BucketLifecycleConfiguration, "captures").inputs["rules"]
    assert [rule["expiration"]["days"] for rule in rules if rule.get("expiration", {}).get("days")] == [30]


def test_an_account_without_images_gets_everything_else_and_the_next_command() -> None:
    empty = deploy(program, stack="prod", config=shipped.config("prod"))
    assert empty.all(aws.sagemaker.Endpoint) == []
    assert empty.all(aws.sagemaker.Model) == []
    names = {each.name for each in empty.all(aws.codebuild.Project)}
    assert names == {"breast-cancer-image", "digits-image", "vision-image", "deployer", "previews"}
    assert {name: entry["next"] for name, entry in empty.outputs["models"].items()} == {
        "breast-cancer": "takeoff image build breast-cancer --stack prod",
        "digits": "takeoff image build digits --stack prod",
        "vision": "takeoff image build vision --stack prod",
    }


def test_an_account_with_images_and_no_versions_is_told_to_train() -> None:
    images = {name: value for name, value in shipped.facts("prod").items() if name.endswith("/image")}
    entries = deploy(program, stack="prod", config=shipped.config("prod"), parameters=images).outputs["models"]
    # Two slots take two algorithms; the pipeline that is there needs a data set all the same.
    assert entries["breast-cancer"]["next"] == (
        "takeoff dataset upload breast-cancer --stack prod"
        " && takeoff train breast-cancer --count 2 --register --stack prod"
    )


def test_a_step_that_sagemaker_would_refuse_names_the_models_key_and_file() -> None:
    """Only the account knows what was there before, so the endpoint says it, not the configuration."""
    before = wish(shipped.whole("prod"), "breast-cancer")
    before["variants"] = {"blue": {"traffic": 100, "instances": 2}}
    parameters = shipped.facts("prod", desired=json.dumps(before))
    with pytest.raises(ConfigError) as caught:
        deploy(program, stack="prod", config=shipped.config("prod"), parameters=parameters)
    line = str(caught.value)
    assert line.startswith("takeoff:models.breast-cancer: plan.kind: got linear from variants ['blue']")
    assert line.endswith("fix it in stacks/Pulumi.prod.yaml")


def test_tags_tell_stack_model_and_owner(whole: Deployment) -> None:
    def tags(resource_tags: Mapping[str, str]) -> set[str]:
        return set(resource_tags) & {"takeoff:model", "takeoff:owner"}

    for kind in (aws.sagemaker.Endpoint, aws.sagemaker.Model, aws.ecr.Repository):
        for resource in whole.all(kind):
            assert tags(resource.inputs["tags"]) == {"takeoff:model", "takeoff:owner"}, resource.urn
