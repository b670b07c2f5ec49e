"""How much of what AWS counts a month of each declared resource uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.batch import VARIABLE, BatchSettings
from catalog.instance_types import has_local_storage
from catalog.kept import kept, months, split
from catalog.loop import MonitorSettings, TrainingSettings
from catalog.meter import Inputs, Meter, given
from catalog.training import GATES

HOURS = 730
# Of a look on EMR Serverless: a driver and two executors of 4 vCPUs, each with 4 GB; it grows with the captures.
SPARK_VCPUS, _SPARK_GB = 12, 4
# What a monitor's job says of a model (model_code/monitor/verdict.py), and of each variant that serves it.
SIGNALS, SIGNALS_OF_A_VARIANT = 9, 2
Resource = tuple[str, Inputs]


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What no declaration says: a month's usage, for each resource of its kind.

    Data in GB (10^9 bytes), requests and answers in kB (10^3 bytes). `kept_months` is how long what has no term has
    been piling up.
    """

    volume_gb: float = 30
    requests: float = 100_000
    request_kb: float = 5
    answer_kb: float = 5
    kept_months: float = 12
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
    retrainings: float = 4
    job_hours: float = 0.1

    @classmethod
    def of(cls, usage: Mapping[str, Any]) -> Assumptions:
        """What a model's `usage` in the stack file says; without `batchHours`, the hours that are assumed anyway."""
        hours = usage.get("batchHours")
        return cls(
            requests=float(usage.get("requestsPerMonth", 0)),
            request_kb=float(usage.get("requestKb", 1)),
            answer_kb=float(usage.get("answerKb", 1)),
            batch_hours=cls.batch_hours if hours is None else float(hours),
        )

    @property
    def request_gb(self) -> float:
        """All requests of a month."""
        return self.requests * self.request_kb / 1e6

    @property
    def answer_gb(self) -> float:
        """All answers of a month."""
        return self.requests * self.answer_kb / 1e6


def _endpoint(meter: Meter, inputs: Inputs, assumed: Assumptions, resources: Sequence[Resource]) -> None:
    """The instances of an endpoint's config, its traffic and what it keeps of it.

    One whose config is not among the resources is not counted, but named.
    """
    wanted = given(inputs, "endpointConfigName")
    config = next((found for token, found in resources if token == _CONFIG and found.get("name") == wanted), None)
    if config is None:
        meter.unknown(_ENDPOINT)
        return
    meter.add("hosting-data", assumed.request_gb + assumed.answer_gb)
    least = _minimums(str(given(inputs, "name", "")), resources)
    for variant in (*given(config, "productionVariants", ()), *given(config, "shadowProductionVariants", ())):
        kind, name = given(variant, "instanceType"), str(variant.get("variantName"))
        if not kind:
            meter.unknown("serverless variant")
            continue
        pool = f"{meter.model}/{name} {kind}"
        count = least.get(name, int(given(variant, "initialInstanceCount", 1)))
        meter.add(f"hosting:{kind}", count * HOURS, pool)
        if not has_local_storage(kind):
            volume = float(given(variant, "volumeSizeInGb", assumed.volume_gb))
            meter.add("hosting-volume", count * volume, pool)
    for place, monthly in kept(config, assumed.request_gb, assumed.answer_gb):
        meter.add("s3-storage", monthly * months(place, resources, assumed.kept_months))


def _minimums(endpoint: str, resources: Sequence[Resource]) -> dict[str, int]:
    """Variant → autoscaling's least count, for an endpoint's scalable targets."""
    found = {}
    for token, inputs in resources:
        parts = str(inputs.get("resourceId", "")).split("/")
        if token == _TARGET and parts[:2] == ["endpoint", endpoint]:
            found[parts[-1]] = int(given(inputs, "minCapacity", 1))
    return found


def _bucket(meter: Meter, inputs: Inputs, assumed: Assumptions, resources: Sequence[Resource]) -> None:
    """What a bucket holds; one to which endpoints write holds what those are counted with."""
    kept_of = [kept(found, assumed.request_gb, assumed.answer_gb) for token, found in resources if token == _CONFIG]
    if inputs.get("bucket") not in {split(place)[0] for found in kept_of for place, _ in found}:
        meter.add("s3-storage", assumed.bucket_gb)
    meter.add("s3-write", assumed.bucket_requests)
    meter.add("s3-read", assumed.bucket_requests)


def _function(meter: Meter, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """A function's runs, and the instances of the batch jobs that it starts."""
    gigabytes = float(given(inputs, "memorySize", 128)) / 1024
    meter.add("function-request", assumed.function_runs)
    meter.add("function-compute", assumed.function_runs * assumed.function_seconds * gigabytes)
    settings = given(inputs, f"environment.variables.{VARIABLE}")
    if settings:
        job = BatchSettings.from_json(settings)
        hours = job.instances * assumed.batch_hours
        meter.add(f"transform:{job.instance_type}", hours, f"transform {job.instance_type}")


def _parameter(meter: Meter, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """A standard parameter costs nothing; two of them say which jobs a model's loop runs."""
    leaf = str(given(inputs, "name", "")).rpartition("/")[2]
    if leaf == "training":
        _training(meter, TrainingSettings.from_json(given(inputs, "insecureValue")), assumed)
    elif leaf == "monitor":
        _monitor(meter, MonitorSettings.from_json(given(inputs, "insecureValue")), assumed)


def _training(meter: Meter, settings: TrainingSettings, assumed: Assumptions) -> None:
    """The gates of every run are processing jobs on one instance each, and one job trains."""
    asked, hours = settings.parameters, min(assumed.retrainings, settings.most) * assumed.job_hours
    gates, trains = asked["InstanceType"], asked["TrainInstanceType"]
    meter.add(f"processing:{gates}", GATES * hours, f"processing {gates}")
    meter.add(f"training:{trains}", int(asked["TrainInstanceCount"]) * hours, f"training {trains}")


def _monitor(meter: Meter, settings: MonitorSettings, assumed: Assumptions) -> None:
    """A processing job for each window of the month; a metric costs by the hours in which it is written.

    https://aws.amazon.com/cloudwatch/pricing/
    """
    kind, windows = settings.instance_type, HOURS * 3600 / settings.period_seconds
    if settings.spark:
        hours = windows * assumed.job_hours * SPARK_VCPUS
        meter.add("spark-vcpu", hours, "Spark")
        meter.add("spark-memory", hours * _SPARK_GB, "Spark")
    else:
        meter.add(f"processing:{kind}", windows * assumed.job_hours, f"processing {kind}")
    served = len(settings.settings["variants"])
    meter.add("metric", SIGNALS * min(1.0, windows / HOURS) + SIGNALS_OF_A_VARIANT * served)


def _alarm(meter: Meter, inputs: Inputs, _: Assumptions, __: Sequence[Resource]) -> None:
    """An alarm costs by the metrics that it reads; those under a minute cost more.

    https://aws.amazon.com/cloudwatch/pricing/
    """
    queries = [query["metric"] for query in given(inputs, "metricQueries", ()) if query.get("metric")]
    periods = [int(given(metric, "period", 60)) for metric in queries] or [int(given(inputs, "period", 60))]
    meter.add("alarm-fast" if min(periods) < 60 else "alarm", len(periods))


def _link(meter: Meter, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """An interface endpoint costs by the zone and the hour; a gateway endpoint nothing."""
    if given(inputs, "vpcEndpointType", "Gateway") == "Interface":
        meter.add("interface-endpoint-data", assumed.link_gb)
        meter.add("interface-endpoint", HOURS * max(1, len(given(inputs, "subnetIds", ()))))


def _project(meter: Meter, inputs: Inputs, assumed: Assumptions, _: Sequence[Resource]) -> None:
    """A build project costs by the minute; BUILD_GENERAL1_SMALL is g1.small in the price list."""
    size = str(given(inputs, "environment.computeType", "")).rpartition("_")[2].lower()
    meter.add(f"build:g1.{size}", assumed.build_minutes)


def _node_group(meter: Meter, inputs: Inputs, _: Assumptions, __: Sequence[Resource]) -> None:
    """A node group costs by its nodes: as many as it never goes below, of the type that it prefers."""
    least, types = given(inputs, "scalingConfig.minSize", 0), given(inputs, "instanceTypes", ()) or ("t3.medium",)
    if int(least):
        meter.add(f"node:{types[0]}", HOURS * int(least), f"node {types[0]}")


def _each(**usage: str | float) -> Any:
    """A counter for a type of which every resource counts alike: dimension → a number, or an assumption's name."""

    def count(meter: Meter, _: Inputs, assumed: Assumptions, __: Sequence[Resource]) -> None:
        for dimension, amount in usage.items():
            value = getattr(assumed, amount) if isinstance(amount, str) else amount
            meter.add(dimension.replace("_", "-"), value)

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
    "aws:eks/cluster:Cluster": _each(cluster=HOURS),
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "aws:kms/key:Key": _each(kms_key=1, kms_request="key_requests"),
    "aws:s3/bucket:Bucket": _bucket,
    "aws:scheduler/schedule:Schedule": _each(schedule_run=31),
    "aws:sfn/stateMachine:StateMachine": _each(state_transition="transitions"),
    "aws:ssm/parameter:Parameter": _parameter,
    "aws:sns/topic:Topic": _each(topic_request="topic_messages", topic_email="topic_messages"),
}
