"""Sizes, prices, and what a stack costs in a month."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from catalog import refresh
from catalog.batch import VARIABLE
from catalog.computed import COMPUTED
from catalog.cost import Estimate, headline, monthly
from catalog.free import FREE
from catalog.instance_types import InstanceSpec, accelerator, hosting_types, regions, spec, transform_types
from catalog.loop import MonitorSettings
from catalog.prices import DIMENSIONS, price, unit
from catalog.prices import regions as priced
from catalog.training import GATES
from catalog.usage import COUNTERS, HOURS, SIGNALS, Assumptions
from tests.unit.batch.fakes import SETTINGS
from tests.unit.retraining.fakes import SETTINGS as LEARNT

ROOT = Path(__file__).resolve().parents[3]
CONFIG, ENDPOINT = (kind.pulumi_type for kind in (aws.sagemaker.EndpointConfiguration, aws.sagemaker.Endpoint))
TARGET = aws.appautoscaling.Target.pulumi_type
BATCH = {"environment": {"variables": {VARIABLE: SETTINGS.to_json()}}}
TRAINING = {
    "name": "/takeoff/s/m/training",
    "insecureValue": replace(
        LEARNT,
        parameters={"InstanceType": "ml.m5.large", "TrainInstanceType": "ml.m5.xlarge", "TrainInstanceCount": "2"},
    ).to_json(),
}
MONITOR = {
    "name": "/takeoff/s/m/monitor",
    "insecureValue": MonitorSettings(
        **dict.fromkeys(("model", "code", "stack", "endpoint", "image", "role", "job", "captures"), "x"),
        **dict.fromkeys(("outcomes", "reports", "key"), "x"),
        instance_type="ml.m5.large",
        period_seconds=7200,
        settings={"variants": ["main"]},
    ).to_json(),
}
PRICES = json.loads((ROOT / "catalog/prices.json").read_text())


def hosted(*variants: dict[str, Any], shadow: dict[str, Any] | None = None) -> list[tuple[str, dict[str, Any]]]:
    config = {"name": "c", "productionVariants": list(variants), "shadowProductionVariants": [shadow] if shadow else []}
    return [(CONFIG, config), (ENDPOINT, {"name": "e", "endpointConfigName": "c"})]


def variant(name: str = "main", kind: str = "ml.m5.xlarge", count: int = 1) -> dict[str, Any]:
    return {"variantName": name, "instanceType": kind, "initialInstanceCount": count}


def amount(estimate: Estimate, dimension: str) -> float:
    (found,) = [line.quantity for line in estimate.lines if line.dimension == dimension]
    return found


def test_every_hosting_type_has_a_size_whose_accelerator_is_what_its_name_says() -> None:
    types = set().union(*(hosting_types(region) for region in regions()))
    assert len(types) > 250
    for name in types:
        found = spec(name)
        assert found is not None, name
        assert (found.accelerator == "none") == (found.count == 0) == (found.product == "")
        assert found.accelerator == accelerator(name), name
        assert found.vcpu > 0, name


def test_a_size_is_that_of_the_ec2_type_behind_it() -> None:
    wanted: dict[str, Any] = {"vcpu": 48, "memory_gib": 192, "accelerator": "gpu", "count": 4, "product": "NVIDIA A10G"}
    assert spec("ml.g5.12xlarge") == InstanceSpec(instance_type="ml.g5.12xlarge", **wanted)
    assert spec("g5.12xlarge") == InstanceSpec(instance_type="g5.12xlarge", **wanted)
    assert [spec(name) for name in ("ml.g5.huge", "ml.zz.large", "", "ml")] == [None] * 4


def test_a_transform_job_has_fewer_types_than_an_endpoint() -> None:
    assert "ml.m5.large" in transform_types()
    assert "ml.c5.large" not in transform_types()
    assert "ml.c5.large" in hosting_types("us-east-1")


def test_every_price_has_a_dimension_a_source_and_a_date() -> None:
    used = set()
    for region in priced():
        for name, (usd, source) in PRICES["regions"][region].items():
            assert unit(name)
            assert usd > 0, f"{region} {name}: a price of nothing"
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", PRICES["sources"][source]["read"])
            assert PRICES["sources"][source]["as_of"]
            used.add(source)
    assert used == set(PRICES["sources"]), "a source that no price names"


def test_a_price_that_no_source_gives_is_none() -> None:
    assert price("hosting:ml.m5.xlarge", "us-east-1") is not None
    assert price("hosting:ml.m5.xlarge", "xx-new-1") is None
    assert price("hosting:ml.nothing.large", "us-east-1") is None


def test_an_endpoint_counts_its_variants_and_its_shadow_for_every_hour() -> None:
    resources = hosted(variant(count=2), variant("candidate", "ml.m5.2xlarge"), shadow=variant("shadow"))
    estimate = monthly(resources, "us-east-1")
    assert amount(estimate, "hosting:ml.m5.xlarge") == 3 * HOURS
    assert amount(estimate, "hosting:ml.m5.2xlarge") == HOURS
    assert amount(estimate, "hosting-volume") == 4 * Assumptions().volume_gb
    assert estimate.unpriced == []


def test_autoscaling_counts_at_its_minimum_for_its_own_variant() -> None:
    scaled = (TARGET, {"resourceId": "endpoint/e/variant/main", "minCapacity": 3})
    other = (TARGET, {"resourceId": "endpoint/other/variant/candidate", "minCapacity": 9})
    estimate = monthly([*hosted(variant(count=1), variant("candidate")), scaled, other], "us-east-1")
    assert amount(estimate, "hosting:ml.m5.xlarge") == 4 * HOURS


def test_an_asynchronous_endpoint_that_rests_at_zero_costs_no_instance() -> None:
    scaled = (TARGET, {"resourceId": "endpoint/e/variant/main", "minCapacity": 0})
    assert amount(monthly([*hosted(variant()), scaled], "us-east-1"), "hosting:ml.m5.xlarge") == 0


def test_a_type_with_disks_of_its_own_has_no_volume() -> None:
    lines = monthly(hosted(variant(kind="ml.g4dn.xlarge")), "us-east-1").lines
    assert "hosting-volume" not in [line.dimension for line in lines]


def test_what_has_no_price_is_named_and_left_out_of_the_sum() -> None:
    estimate = monthly(
        [*hosted(variant(kind="ml.p5.48xlarge")), ("aws:eks/fargateProfile:FargateProfile", {})], "us-east-1"
    )
    assert estimate.unpriced == ["aws:eks/fargateProfile:FargateProfile", "hosting:ml.p5.48xlarge"]
    (line,) = [line for line in estimate.lines if line.dimension == "hosting:ml.p5.48xlarge"]
    assert (line.quantity, line.usd) == (HOURS, None)
    assert estimate.total == pytest.approx(sum(line.usd or 0 for line in estimate.lines))


def test_an_endpoint_without_its_config_and_a_serverless_variant_are_named() -> None:
    alone = monthly([(ENDPOINT, {"name": "e", "endpointConfigName": "gone"})], "us-east-1")
    assert alone.unpriced == [ENDPOINT]
    assert monthly(hosted({"variantName": "main", "serverlessConfig": {}}), "us-east-1").unpriced == [
        "serverless variant"
    ]


def test_what_is_no_resource_of_aws_costs_nothing() -> None:
    assert monthly([("takeoff:data:Bucket", {}), ("pulumi:providers:aws", {})], "us-east-1").unpriced == []


@pytest.mark.parametrize(
    ("kind", "inputs", "dimension", "quantity"),
    [
        (aws.kms.Key, {}, "kms-key", 1),
        (aws.cloudwatch.MetricAlarm, {"period": 60}, "alarm", 1),
        (aws.cloudwatch.MetricAlarm, {"period": 10}, "alarm-fast", 1),
        (aws.cloudwatch.MetricAlarm, {"metricQueries": [{"metric": {"period": 60}}] * 2 + [{}]}, "alarm", 2),
        (aws.cloudwatch.CompositeAlarm, {}, "alarm-composite", 1),
        (aws.cloudwatch.Dashboard, {}, "dashboard", 1),
        (aws.ec2.NatGateway, {}, "nat-gateway", HOURS),
        (aws.ec2.Eip, {}, "public-address", HOURS),
        (aws.ec2.VpcEndpoint, {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}, "interface-endpoint", 1460),
        (aws.codebuild.Project, {"environment": {"computeType": "BUILD_GENERAL1_SMALL"}}, "build:g1.small", 30),
        (aws.lambda_.Function, {"memorySize": 512}, "function-compute", 500),
        (
            aws.lambda_.Function,
            {"environment": {"variables": {VARIABLE: SETTINGS.to_json()}}},
            "transform:ml.m5.large",
            15,
        ),
        (aws.ssm.Parameter, TRAINING, "processing:ml.m5.large", pytest.approx(4 * GATES * 0.1)),
        (aws.ssm.Parameter, TRAINING, "training:ml.m5.xlarge", pytest.approx(2 * 4 * 0.1)),
        (aws.ssm.Parameter, MONITOR, "processing:ml.m5.large", pytest.approx(365 * 0.1)),
        # Written in half of the hours, and a variant's two at the hours of its requests.
        (aws.ssm.Parameter, MONITOR, "metric", SIGNALS / 2 + 2),
    ],
)
def test_each_kind_counts_what_aws_counts(kind: Any, inputs: dict[str, Any], dimension: str, quantity: float) -> None:
    assert amount(monthly([(kind.pulumi_type, inputs)], "us-east-1"), dimension) == quantity


def test_no_more_runs_are_counted_than_may_begin() -> None:
    capped = {**TRAINING, "insecureValue": json.dumps(json.loads(TRAINING["insecureValue"]) | {"most": 1})}
    estimate = monthly([(aws.ssm.Parameter.pulumi_type, capped)], "us-east-1")
    assert amount(estimate, "processing:ml.m5.large") == pytest.approx(GATES * 0.1)


@pytest.mark.parametrize("settings", [TRAINING, MONITOR])
def test_jobs_that_only_a_deployment_knows_are_named(settings: dict[str, Any]) -> None:
    unknown = monthly([(aws.ssm.Parameter.pulumi_type, {**settings, "insecureValue": COMPUTED})], "us-east-1")
    assert unknown.unpriced == ["aws:ssm/parameter:Parameter (insecureValue is not known yet)"]


def test_any_other_parameter_costs_nothing() -> None:
    desired = {"name": "/takeoff/s/m/desired", "insecureValue": COMPUTED}
    estimate = monthly([(aws.ssm.Parameter.pulumi_type, desired)], "us-east-1")
    assert (estimate.lines, estimate.unpriced) == ([], [])


def test_a_gateway_endpoint_is_free() -> None:
    assert monthly([(aws.ec2.VpcEndpoint.pulumi_type, {"vpcEndpointType": "Gateway"})], "us-east-1").lines == []


def test_assumptions_can_be_others() -> None:
    bucket: list[tuple[str, dict[str, Any]]] = [(aws.s3.Bucket.pulumi_type, {})]
    assert amount(monthly(bucket, "us-east-1", Assumptions(bucket_gb=100)), "s3-storage") == 100


def test_the_headline_says_the_sum_whose_prices_and_what_is_missing() -> None:
    used = [price(name, "us-east-1") for name in ("hosting:ml.m5.xlarge", "hosting-volume", "hosting-data")]
    hour, volume, data = (found.usd for found in used if found)
    read = min(found.read for found in used if found)
    total = HOURS * hour + Assumptions().volume_gb * volume + data
    line = headline(monthly(hosted(variant()), "us-east-1"))
    assert line == f"# About USD {total:.0f} a month (us-east-1 list prices read {read})"
    missing = headline(monthly(hosted(variant(kind="ml.p5.48xlarge")), "us-east-1"))
    assert missing.startswith("# About at least USD 0 a month")
    assert missing.endswith("; not priced: hosting:ml.p5.48xlarge)")
    nowhere = headline(monthly(hosted(variant()), "xx-new-1"))
    assert nowhere.startswith("# About at least USD 0 a month (no price is known; not priced: hosting-data,")


def test_every_declared_type_is_counted_or_free_by_the_sdks_own_token() -> None:
    tokens = set()
    for path in [*(ROOT / "components").glob("*.py"), ROOT / "infra/program.py"]:
        for module, name in re.findall(r"\baws\.(\w+)\.([A-Z]\w+)\(", path.read_text()):
            kind = getattr(getattr(aws, module), name)
            tokens |= {kind.pulumi_type} if hasattr(kind, "pulumi_type") else set()
    assert tokens - set(COUNTERS) - set(FREE) == set()
    assert set(COUNTERS) & set(FREE) == set()
    for token in {*COUNTERS, *FREE}:
        _, module, name = token.split(":")
        found = getattr(getattr(aws, "lambda_" if module.startswith("lambda/") else module.split("/")[0]), name)
        assert found.pulumi_type == token


# Refreshing: answers written by hand in the shape of pricing:GetProducts and ec2:DescribeInstanceTypes.


def product(service: str, usage: str, *tiers: tuple[str, str]) -> dict[str, Any]:
    dimensions = {str(n): {"beginRange": at, "pricePerUnit": {"USD": usd}} for n, (at, usd) in enumerate(tiers)}
    return {
        "serviceCode": service,
        "product": {"attributes": {"usagetype": usage}},
        "terms": {"OnDemand": {"t": {"priceDimensions": dimensions}}},
    }


def test_listed_prices_are_found_by_service_and_usage_type_in_any_region() -> None:
    answer = [
        product("AmazonSageMaker", "USE1-Host:ml.c6i.large", ("0", "0.1020000000")),
        product("AmazonSageMaker", "EUC1-Tsform:ml.m5.xlarge", ("0", "0.2760000000")),
        product("AmazonSageMaker", "USE1-Notebk:ml.c6i.large", ("0", "9")),
        product("awskms", "us-east-1-KMS-Keys", ("0", "1.0000000000")),
        product("AmazonECR", "TimedStorage-ByteHrs", ("0", "0.1000000000")),
        product("AmazonS3", "EUC1-TimedStorage-ByteHrs", ("0", "0.0245"), ("51200", "0.0235")),
        product("AWSLambda", "Lambda-GB-Second", ("0", "0.0000000000"), ("400000", "0.0000166667")),
        product("AmazonEC2", "NatGateway-Hours", ("0", "0.045")),
        product("AmazonVPC", "NatGateway-Hours", ("0", "7")),
    ]
    assert refresh.listed(answer) == {
        "ecr-storage": 0.1,
        "function-compute": 0.0000166667,
        "hosting:ml.c6i.large": 0.102,
        "kms-key": 1.0,
        "nat-gateway": 0.045,
        "s3-storage": 0.0245,
        "transform:ml.m5.xlarge": 0.276,
    }


def test_a_dimension_with_two_prices_or_none_is_left_out() -> None:
    two = [product("AmazonVPC", "VpcEndpoint-Hours", ("0", usd)) for usd in ("0.01", "0.02")]
    free = product("AmazonSNS", "Requests-Tier1", ("0", "0"))
    assert refresh.listed([*two, free]) == {}


def test_refreshed_prices_carry_their_day_and_others_stay() -> None:
    text = refresh.prices(PRICES, "us-east-1", {"hosting:ml.c6i.large": 0.102, "kms-key": 2.0}, "2027-01-02")
    new = json.loads(text)
    region = new["regions"]["us-east-1"]
    assert region["hosting:ml.c6i.large"] == [0.102, "price-list-2027-01-02-us-east-1"]
    assert region["kms-key"][0] == 2.0
    assert region["alarm"] == PRICES["regions"]["us-east-1"]["alarm"]
    assert new["regions"]["eu-west-1"] == PRICES["regions"]["eu-west-1"]
    assert new["sources"]["price-list-2027-01-02-us-east-1"]["as_of"] == "2027-01-02"
    assert refresh.prices(new, "us-east-1", {"hosting:ml.c6i.large": 0.102}, "2027-01-02") == text


def test_the_files_are_written_as_they_stand() -> None:
    assert refresh.PRICES.read_text() == refresh.render(PRICES["sources"], PRICES["regions"])


def described(name: str, **more: Any) -> dict[str, Any]:
    return {"InstanceType": name, "VCpuInfo": {"DefaultVCpus": 4}, "MemoryInfo": {"SizeInMiB": 15872}, **more}


def test_refreshed_sizes_come_from_ec2_and_what_a_region_lacks_stays() -> None:
    gpus = {"GpuInfo": {"Gpus": [{"Count": 2, "Manufacturer": "NVIDIA", "Name": "L4"}]}}
    neuron = {"NeuronInfo": {"NeuronDevices": [{"Count": 1, "Name": "Inferentia2"}]}}
    answer = [described("g6.xlarge", **gpus), described("inf2.xlarge", **neuron), described("m5.xlarge")]
    wanted = ["ml.g6.xlarge", "ml.inf2.xlarge", "ml.m5.xlarge", "ml.g5.xlarge", "ml.unknown.xlarge"]
    old = json.loads(refresh.SPECS.read_text())
    new = json.loads(refresh.specs(answer, wanted, ["ml.m5.xlarge"], old, "here", "2027-01-02"))
    assert new["families"] == {
        "g5": {"accelerator": "gpu", "product": "NVIDIA A10G", "sizes": {"xlarge": [4, 16, 1]}},
        "g6": {"accelerator": "gpu", "product": "NVIDIA L4", "sizes": {"xlarge": [4, 15.5, 2]}},
        "inf2": {"accelerator": "neuron", "product": "AWS Inferentia2", "sizes": {"xlarge": [4, 15.5, 1]}},
        "m5": {"accelerator": "none", "product": "", "sizes": {"xlarge": [4, 15.5, 0]}},
    }
    assert (new["transform"], new["source"], new["dated"]) == ({"m5": ["xlarge"]}, "here", "2027-01-02")


def test_the_list_of_hosting_types_is_rewritten_by_region() -> None:
    text = refresh.hosting({"us-east-1": {"enum": ["ml.m5.large", "other"]}, "all": []}, date(2027, 1, 2))
    assert json.loads(text) == {"dated": "2027-01-02", "regions": {"us-east-1": {"m5": ["large"]}}}


def test_dimensions_have_names_of_their_own() -> None:
    names = [dimension.name for dimension in DIMENSIONS]
    assert len(names) == len(set(names))
