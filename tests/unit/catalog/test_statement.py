"""A month's cost by model, owner and pool: exact sums by hand, what has no price, and what a deployment changes."""

from __future__ import annotations

import random
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.batch import VARIABLE
from catalog.computed import COMPUTED
from catalog.meter import PLATFORM
from catalog.prices import price
from catalog.statement import Difference, Item, Key, Statement, statement
from catalog.usage import HOURS, Assumptions, Resource
from tests.unit.batch.fakes import SETTINGS

CONFIG, ENDPOINT = (kind.pulumi_type for kind in (aws.sagemaker.EndpointConfiguration, aws.sagemaker.Endpoint))
BUCKET, RULES = aws.s3.Bucket.pulumi_type, aws.s3.BucketLifecycleConfiguration.pulumi_type
KEY, FUNCTION = aws.kms.Key.pulumi_type, aws.lambda_.Function.pulumi_type
REGION = "us-east-1"
KEYS: tuple[Key, ...] = ("model", "owner", "pool", "dimension")


def usd(dimension: str) -> float:
    found = price(dimension, REGION)
    assert found is not None
    return found.usd


def tags(model: str, owner: str = "team@example.com", **more: str) -> dict[str, str]:
    return {"takeoff:model": model, "takeoff:owner": owner, **more}


def hosted(model: str, kind: str = "ml.m5.xlarge", count: int = 1, **config: Any) -> list[Resource]:
    variant = {"variantName": "main", "instanceType": kind, "initialInstanceCount": count}
    inputs = {"name": f"{model}-1", "productionVariants": [variant], **config}
    return [(CONFIG, inputs), (ENDPOINT, {"name": model, "endpointConfigName": f"{model}-1", "tags": tags(model)})]


def items(found: Statement, dimension: str) -> list[Item]:
    return [item for item in found.items if item.dimension == dimension]


def capture(percent: float, *modes: str) -> dict[str, Any]:
    return {
        "enableCapture": True,
        "initialSamplingPercentage": percent,
        "destinationS3Uri": "s3://captures/m",
        "captureOptions": [{"captureMode": mode} for mode in modes],
    }


def test_every_item_names_its_model_owner_and_pool_and_the_sums_are_those_of_the_price_list() -> None:
    resources = [*hosted("m", count=2), (KEY, {})]
    found = statement(resources, REGION, {"m": Assumptions(requests=2_000_000, request_kb=3, answer_kb=1)})
    hours, volume, data = 2 * HOURS * 0.23, 2 * 30 * 0.112, 8 * 0.016
    assert (usd("hosting:ml.m5.xlarge"), usd("hosting-volume"), usd("hosting-data")) == (0.23, 0.112, 0.016)
    (instances,) = items(found, "hosting:ml.m5.xlarge")
    assert instances == Item(
        model="m",
        owner="team@example.com",
        pool="m/main ml.m5.xlarge",
        dimension="hosting:ml.m5.xlarge",
        quantity=1460,
        usd=pytest.approx(hours),  # type: ignore[arg-type]
        unit="instance-hour",
    )
    assert found.by("model") == {"m": pytest.approx(hours + volume + data), PLATFORM: pytest.approx(1.03)}
    assert found.by("owner") == {"team@example.com": pytest.approx(hours + volume + data), "": pytest.approx(1.03)}
    assert found.by("pool") == {"m/main ml.m5.xlarge": pytest.approx(hours + volume), "": pytest.approx(data + 1.03)}
    assert found.total == pytest.approx(335.8 + 6.72 + 0.128 + 1.03)
    assert found.unpriced == {}


def test_usage_is_that_of_its_own_model() -> None:
    usage = {"busy": Assumptions(requests=1_000_000, request_kb=500, answer_kb=500)}
    found = statement([*hosted("busy"), *hosted("calm")], REGION, usage)
    assert {item.model: item.quantity for item in items(found, "hosting-data")} == {"busy": 1000, "calm": 1}


def test_what_a_stack_file_says_of_usage_is_what_is_assumed() -> None:
    said = Assumptions.of({"requestsPerMonth": 10, "requestKb": 2.5, "answerKb": 0.5, "batchHours": 7})
    assert (said.requests, said.request_kb, said.answer_kb, said.batch_hours) == (10, 2.5, 0.5, 7)
    assert Assumptions.of({"batchHours": None}).batch_hours == Assumptions().batch_hours
    assert Assumptions.of({}).requests == 0


def test_batch_hours_run_on_the_pool_of_transform_jobs() -> None:
    function = {"environment": {"variables": {VARIABLE: SETTINGS.to_json()}}, "tags": tags("m")}
    found = statement([(FUNCTION, function)], REGION, {"m": Assumptions(batch_hours=40)})
    (hours,) = items(found, f"transform:{SETTINGS.instance_type}")
    assert (hours.model, hours.pool) == ("m", f"transform {SETTINGS.instance_type}")
    assert hours.quantity == 40 * SETTINGS.instances
    assert found.by("pool")[hours.pool] == pytest.approx(40 * SETTINGS.instances * usd(hours.dimension))


def test_captures_are_stored_for_the_share_that_is_taken_and_the_days_that_the_rules_say() -> None:
    rules = [
        {"filter": {"prefix": "other/"}, "expiration": {"days": 1}},
        {"filter": {"prefix": "m/"}, "expiration": {"days": 73}},
    ]
    resources = [
        *hosted("m", dataCaptureConfig=capture(25, "Input", "Output")),
        (BUCKET, {"bucket": "captures"}),
        (RULES, {"bucket": "captures", "rules": rules}),
    ]
    found = statement(resources, REGION, {"m": Assumptions(requests=1_000_000, request_kb=6, answer_kb=2)})
    (stored,) = items(found, "s3-storage")  # the bucket itself holds nothing else
    assert stored.model == "m"
    assert stored.quantity == pytest.approx(0.25 * 8 * 73 / (HOURS / 24))


@pytest.mark.parametrize(("modes", "gigabytes"), [(["Input"], 6), (["Output"], 2), (["InputAndOutput"], 8), ([], 0)])
def test_only_the_captured_side_is_stored_and_without_a_term_for_a_year(modes: list[str], gigabytes: float) -> None:
    resources = hosted("m", dataCaptureConfig=capture(100, *modes))
    found = statement(resources, REGION, {"m": Assumptions(requests=1_000_000, request_kb=6, answer_kb=2)})
    assert [item.quantity for item in items(found, "s3-storage")] == [pytest.approx(12 * gigabytes)]


def test_a_capture_that_is_off_stores_nothing() -> None:
    off = capture(100, "Input") | {"enableCapture": False}
    assert items(statement(hosted("m", dataCaptureConfig=off), REGION, {}), "s3-storage") == []


def test_asynchronous_answers_are_stored_too() -> None:
    output = {"outputConfig": {"s3OutputPath": "s3://captures/m/answers"}}
    resources = [*hosted("m", asyncInferenceConfig=output), (BUCKET, {"bucket": "captures"}), (BUCKET, {"bucket": "b"})]
    found = statement(resources, REGION, {"m": Assumptions(requests=1_000_000, answer_kb=2)})
    by_model = {item.model: item.quantity for item in items(found, "s3-storage")}
    assert by_model == {"m": pytest.approx(24), PLATFORM: Assumptions().bucket_gb}


def test_a_tag_names_the_pool_of_what_runs_elsewhere() -> None:
    found = statement([(KEY, {"tags": tags("m", **{"takeoff:pool": "gpu"})})], REGION, {})
    assert set(found.by("pool")) == {"gpu"}


def test_what_has_no_price_is_named_by_model_and_in_no_sum() -> None:
    resources = [
        *hosted("m", kind="ml.p5.48xlarge"),
        ("aws:eks/fargateProfile:FargateProfile", {"tags": tags("m")}),
        ("aws-native:sagemaker:ModelBiasJobDefinition", {}),
        ("kubernetes:core/v1:Namespace", {}),
    ]
    found = statement(resources, REGION, {})
    assert found.unpriced == {
        "m": ["aws:eks/fargateProfile:FargateProfile", "hosting:ml.p5.48xlarge"],
        PLATFORM: ["aws-native:sagemaker:ModelBiasJobDefinition"],
    }
    assert [item.usd for item in items(found, "hosting:ml.p5.48xlarge")] == [None]
    assert found.by("pool")["m/main ml.p5.48xlarge"] == 0
    assert found.total == pytest.approx(usd("hosting-data"))


def test_another_region_takes_no_price_from_here() -> None:
    found = statement([(KEY, {})], "xx-new-1", {})
    assert (found.total, found.read) == (0, "")
    assert found.unpriced == {PLATFORM: ["kms-key", "kms-request"]}


@pytest.mark.parametrize(
    ("kind", "inputs", "path"),
    [
        (aws.ec2.VpcEndpoint, {"vpcEndpointType": "Interface", "subnetIds": COMPUTED}, "subnetIds"),
        (
            aws.lambda_.Function,
            {"environment": {"variables": {VARIABLE: COMPUTED}}},
            f"environment.variables.{VARIABLE}",
        ),
        (aws.lambda_.Function, {"environment": COMPUTED}, f"environment.variables.{VARIABLE}"),
        (aws.sagemaker.Endpoint, {"name": "e", "endpointConfigName": COMPUTED}, "endpointConfigName"),
    ],
)
def test_a_quantity_that_is_known_only_later_is_named_and_not_guessed(kind: Any, inputs: Any, path: str) -> None:
    found = statement([(kind.pulumi_type, inputs)], REGION, {})
    assert found.unpriced == {PLATFORM: [f"{kind.pulumi_type} ({path} is not known yet)"]}
    assert not [item for item in found.items if item.dimension in ("interface-endpoint", "hosting-data")]


def test_tags_that_are_known_only_later_leave_a_resource_with_the_platform() -> None:
    for unknown in (COMPUTED, {"takeoff:model": COMPUTED, "takeoff:owner": COMPUTED}):
        found = statement([(KEY, {"tags": unknown})], REGION, {})
        assert set(found.by("model")) == {PLATFORM}
        assert set(found.by("owner")) == {""}


def some(seed: int) -> list[Resource]:
    """A stack by chance: endpoints, keys, buckets and what nobody can price, of some models and owners."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    resources: list[Resource] = []
    for model in chance.sample(["a", "b", "c", "d"], chance.randint(0, 4)):
        kinds = chance.choice(["ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge", "ml.p5.48xlarge"])
        resources += hosted(model, kinds, chance.randint(0, 5))
        resources += [(KEY, {"tags": tags(model, chance.choice(["x@example.com", ""]))})] * chance.randint(0, 3)
    resources += [(BUCKET, {"bucket": str(n)}) for n in range(chance.randint(0, 4))]
    resources += [("aws:eks/fargateProfile:FargateProfile", {})] * chance.randint(0, 1)
    chance.shuffle(resources)
    return resources


@pytest.mark.parametrize("seed", range(60))
def test_the_sum_over_models_owners_pools_and_dimensions_is_the_total_whatever_the_order(seed: int) -> None:
    found = statement(some(seed), REGION, {"a": Assumptions(requests=10 ** seed.bit_length())})
    for key in KEYS:
        assert sum(found.by(key).values()) == pytest.approx(found.total)
        assert set(found.by(key)) == {getattr(item, key) for item in found.items}
    turned = statement(list(reversed(some(seed))), REGION, {"a": Assumptions(requests=10 ** seed.bit_length())})
    assert turned.total == pytest.approx(found.total)
    assert turned.unpriced == found.unpriced
    named = {(item.model, item.dimension) for item in found.items if item.usd is None}
    assert all(dimension in found.unpriced[model] for model, dimension in named)


@pytest.mark.parametrize("seed", range(30))
def test_changes_add_up_to_the_difference_of_the_totals(seed: int) -> None:
    before, after = (statement(some(each), REGION, {}) for each in (seed, seed + 1000))
    difference = Difference(before, after)
    for key in KEYS:
        assert sum(change.difference for change in difference.by(key)) == pytest.approx(difference.usd, abs=1e-6)


def test_a_difference_tells_what_is_new_removed_and_changed_in_dollars_and_percent() -> None:
    before = statement([*hosted("kept"), *hosted("gone"), (KEY, {})], REGION, {})
    after = statement([*hosted("kept", count=2), *hosted("came", kind="ml.m5.large"), (KEY, {})], REGION, {})
    difference = Difference(before, after)
    one, small = 0.23 * HOURS + 30 * 0.112, 0.115 * HOURS + 30 * 0.112
    assert difference.usd == pytest.approx(small)  # one instance more, one model less, a smaller one instead
    assert difference.percent == pytest.approx(100 * difference.usd / before.total)
    changes = difference.by("model")
    assert [(change.name, change.kind) for change in changes] == [
        ("gone", "removed"),
        ("kept", "changed"),
        ("came", "new"),
    ]
    assert [change.difference for change in changes] == pytest.approx([-one - 0.016, one, small + 0.016])
    assert difference.quantities() == []


def test_nothing_that_stayed_is_a_change() -> None:
    same = statement([*hosted("m"), (KEY, {})], REGION, {})
    difference = Difference(same, statement([(KEY, {}), *hosted("m")], REGION, {}))
    assert (difference.usd, [difference.by(key) for key in KEYS]) == (0, [[], [], [], []])


def test_against_nothing_there_is_no_percentage() -> None:
    assert Difference(statement([], REGION, {}), statement(hosted("m"), REGION, {})).percent is None


def test_what_has_no_price_changes_in_its_own_unit_and_both_sides_say_what_they_lack() -> None:
    before = statement(hosted("m", kind="ml.p5.48xlarge"), REGION, {})
    after = statement(
        [*hosted("m", kind="ml.p5.48xlarge", count=3), ("aws:eks/fargateProfile:FargateProfile", {})], REGION, {}
    )
    (change,) = Difference(before, after).quantities()
    assert (change.name, change.kind, change.unit) == ("m: hosting:ml.p5.48xlarge", "changed", "instance-hour")
    assert (change.before, change.after) == (HOURS, 3 * HOURS)
    assert before.unpriced == {"m": ["hosting:ml.p5.48xlarge"]}
    assert after.unpriced == {**before.unpriced, PLATFORM: ["aws:eks/fargateProfile:FargateProfile"]}
