"""How much of what AWS counts a month of each declared resource uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.batch import VARIABLE, BatchSettings
from catalog.instance_types import has_local_storage

HOURS = 730
Inputs = Mapping[str, Any]
Resource = tuple[str, Inputs]


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What no declaration says: a month's usage, for each resource of its kind. Data in GB (10^9 bytes)."""

    volume_gb: float = 30
    endpoint_data_gb: float = 1
    bucket_gb: float = 5
    bucket_requests: int = 10_000
    log_gb: float = 0.1
    flow_log_gb: float = 1
    repository_gb: float = 2
    build_minutes: float = 30
    function_runs: int = 1_000
    function_seconds: float = 1
    transitions: int = 1_000
    key_requests: int = 10_000
    topic_messages: int = 100
    nat_gb: float = 10
    link_gb: float = 1
    batch_hours: float = 15


@dataclass
class Bill:
    """What has been counted so far, by dimension."""

    quantities: dict[str, float] = field(default_factory=dict)
    resources: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, dimension: str, quantity: float) -> None:
        self.quantities[dimension] = self.quantities.get(dimension, 0) + quantity
        self.resources[dimension] = self.resources.get(dimension, 0) + 1


def _endpoint(bill: Bill, inputs: Inputs, assumed: Assumptions, resources: Sequence[Resource]) -> None:
    """The instances of an endpoint's config. One whose config is not among the resources is not counted, but named."""
    configs = [found for token, found in resources if token == _CONFIG]
    config = next((c for c in configs if c.get("name") == inputs.get("endpointConfigName")), None)
    if config is None:
        bill.unknown.add(_ENDPOINT)
        return
    least = _minimums(str(inputs.get("name", "")), resources)
    for variant in (*config.get("productionVariants", ()), *config.get("shadowProductionVariants", ())):
        kind = variant.get("instanceType")
        if not kind:
            bill.unknown.add("serverless variant")
            continue
        count = least.get(str(variant.get("variantName")), int(variant.get("initialInstanceCount", 1)))
        bill.add(f"hosting:{kind}", count * HOURS)
        if not has_local_storage(kind):
            bill.add("hosting-volume", count * float(variant.get("volumeSizeInGb") or assumed.volume_gb))
    bill.add("hosting-data", assumed.endpoint_data_gb)


def _minimums(endpoint: str, resources: Sequence[Resource]) -> dict[str, int]:
    """Variant → autoscaling's least count, for an endpoint's scalable targets."""
    found = {}
    for token, inputs in resources:
        parts = str(inputs.get("resourceId", "")).split("/")
        if token == _TARGET and parts[:2] == ["endpoint", endpoint]:
            found[parts[-1]] = int(inputs["minCapacity"])
    return found


def _function(bill: Bill, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """A function's runs, and the instances of the batch jobs that it starts."""
    gigabytes = float(inputs.get("memorySize", 128)) / 1024
    bill.add("function-request", assumed.function_runs)
    bill.add("function-compute", assumed.function_runs * assumed.function_seconds * gigabytes)
    settings = inputs.get("environment", {}).get("variables", {}).get(VARIABLE)
    if settings:
        job = BatchSettings.from_json(settings)
        bill.add(f"transform:{job.instance_type}", job.instances * assumed.batch_hours)


def _alarm(bill: Bill, inputs: Inputs, _: Assumptions, __: Sequence[Resource]) -> None:
    """An alarm costs by the metrics that it reads; those under a minute cost more.

    https://aws.amazon.com/cloudwatch/pricing/
    """
    queries = [query["metric"] for query in inputs.get("metricQueries", ()) if "metric" in query]
    periods = [int(metric.get("period", 60)) for metric in queries] or [int(inputs.get("period", 60))]
    bill.add("alarm-fast" if min(periods) < 60 else "alarm", len(periods))


def _link(bill: Bill, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """An interface endpoint costs by the zone and the hour; a gateway endpoint nothing."""
    if inputs.get("vpcEndpointType", "Gateway") == "Interface":
        bill.add("interface-endpoint", HOURS * max(1, len(inputs.get("subnetIds", ()))))
        bill.add("interface-endpoint-data", assumed.link_gb)


def _project(bill: Bill, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """A build project costs by the minute; BUILD_GENERAL1_SMALL is g1.small in the price list."""
    size = str(inputs.get("environment", {}).get("computeType", "")).rpartition("_")[2].lower()
    bill.add(f"build:g1.{size}", assumed.build_minutes)


def _each(**usage: str | float) -> Any:
    """A counter for a type of which every resource counts alike: dimension → a number, or an assumption's name."""

    def count(bill: Bill, _: Inputs, assumed: Assumptions, __: Sequence[Resource]) -> None:
        for dimension, amount in usage.items():
            value = getattr(assumed, amount) if isinstance(amount, str) else amount
            bill.add(dimension.replace("_", "-"), value)

    return count


_ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
_CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_TARGET = "aws:appautoscaling/target:Target"
# Type tokens: catalog may not import the SDK, so a test compares them with its classes.
COUNTERS: Mapping[str, Any] = {
    _ENDPOINT: _endpoint,
    "aws:lambda/function:Function": _function,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _each(alarm_composite=1),
    "aws:cloudwatch/dashboard:Dashboard": _each(dashboard=1),
    "aws:cloudwatch/logGroup:LogGroup": _each(log_data="log_gb", log_storage="log_gb"),
    "aws:codebuild/project:Project": _project,
    "aws:ec2/eip:Eip": _each(public_address=HOURS),
    "aws:ec2/flowLog:FlowLog": _each(flow_log_data="flow_log_gb"),
    "aws:ec2/natGateway:NatGateway": _each(nat_gateway=HOURS, nat_gateway_data="nat_gb"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _link,
    "aws:ecr/repository:Repository": _each(ecr_storage="repository_gb"),
    "aws:kms/key:Key": _each(kms_key=1, kms_request="key_requests"),
    "aws:s3/bucket:Bucket": _each(s3_storage="bucket_gb", s3_write="bucket_requests", s3_read="bucket_requests"),
    "aws:scheduler/schedule:Schedule": _each(schedule_run=31),
    "aws:sfn/stateMachine:StateMachine": _each(state_transition="transitions"),
    "aws:sns/topic:Topic": _each(topic_request="topic_messages", topic_email="topic_messages"),
}
