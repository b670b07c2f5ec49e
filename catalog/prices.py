"""List prices in US dollars, each with its source and date. What has no source has no price."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("prices.json")
_TYPE = r"(?P<of>ml\.[a-z0-9-]+\.[a-z0-9]+)"


@dataclass(frozen=True)
class Dimension:
    """One thing that AWS counts: its name here, its unit, and where the Price List API has it.

    `usage` is a regular expression over the usage type without its region's prefix; a group `of` makes one dimension
    for each instance type, named `<name>:<type>`. Empty where the API has no such product.
    """

    name: str
    unit: str
    service: str
    usage: str


# Services and usage types as the Price List API spells them (GetProducts, attribute usagetype).
DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("hosting", "instance-hour", "AmazonSageMaker", f"Host:{_TYPE}"),
    Dimension("transform", "instance-hour", "AmazonSageMaker", f"Tsform:{_TYPE}"),
    Dimension("training", "instance-hour", "AmazonSageMaker", f"Train:{_TYPE}"),
    Dimension("processing", "instance-hour", "AmazonSageMaker", f"Processing:{_TYPE}"),
    # Without usage types: their spelling in the Price List has not been seen.
    Dimension("spark-vcpu", "vCPU-hour", "ElasticMapReduce", ""),
    Dimension("spark-memory", "GB-hour", "ElasticMapReduce", ""),
    Dimension("hosting-volume", "GB-month", "AmazonSageMaker", r"Host:VolumeUsage\.gp2"),
    Dimension("hosting-data", "GB", "AmazonSageMaker", r"Host:Data-Bytes-(In|Out)"),
    Dimension("nat-gateway", "hour", "AmazonEC2", "NatGateway-Hours"),
    Dimension("nat-gateway-data", "GB", "AmazonEC2", "NatGateway-Bytes"),
    Dimension("interface-endpoint", "hour in a zone", "AmazonVPC", "VpcEndpoint-Hours"),
    Dimension("interface-endpoint-data", "GB", "AmazonVPC", "VpcEndpoint-Bytes"),
    Dimension("public-address", "hour", "AmazonVPC", "PublicIPv4:InUseAddress"),
    Dimension("kms-key", "month", "awskms", "KMS-Keys"),
    Dimension("kms-request", "request", "awskms", "KMS-Requests"),
    Dimension("alarm", "alarm metric-month", "AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    Dimension("alarm-fast", "alarm metric-month", "AmazonCloudWatch", "CW:HighResAlarmMonitorUsage"),
    Dimension("alarm-composite", "alarm-month", "AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage"),
    Dimension("metric", "metric-month", "AmazonCloudWatch", "CW:MetricMonitorUsage"),
    Dimension("dashboard", "month", "AmazonCloudWatch", ""),
    Dimension("log-data", "GB", "AmazonCloudWatch", "DataProcessing-Bytes"),
    Dimension("log-storage", "GB-month", "AmazonCloudWatch", "TimedStorage-ByteHrs"),
    Dimension("flow-log-data", "GB", "AmazonCloudWatch", "VendedLog-Bytes"),
    Dimension("s3-storage", "GB-month", "AmazonS3", "TimedStorage-ByteHrs"),
    Dimension("s3-write", "request", "AmazonS3", "Requests-Tier1"),
    Dimension("s3-read", "request", "AmazonS3", "Requests-Tier2"),
    Dimension("ecr-storage", "GB-month", "AmazonECR", "TimedStorage-ByteHrs"),
    Dimension("cluster", "hour", "AmazonEKS", "AmazonEKS-Hours:perCluster"),
    Dimension("node", "instance-hour", "AmazonEC2", r"BoxUsage:(?P<of>[a-z0-9-]+\.[a-z0-9-]+)"),
    Dimension("build", "minute", "CodeBuild", r"Build-Min:Linux:(?P<of>g1\.\w+)"),
    Dimension("function-request", "request", "AWSLambda", "Lambda-Request|Request"),
    Dimension("function-compute", "GB-second", "AWSLambda", "Lambda-GB-Second"),
    Dimension("state-transition", "transition", "AmazonStates", "StateTransition"),
    Dimension("topic-request", "request", "AmazonSNS", "Requests-Tier1"),
    Dimension("topic-email", "notification", "AmazonSNS", "DeliveryAttempts-SMTP"),
    Dimension("schedule-run", "invocation", "AWSEvents", "ScheduledInvocation"),
)


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one unit, and where that stands.

    `as_of` is the date that the source itself gives, or "unstated"; `read` is the day on which it was read there.
    """

    dimension: str
    usd: float
    unit: str
    source: str
    as_of: str
    read: str


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_text())
    return data


def regions() -> tuple[str, ...]:
    """The regions of which any price is known."""
    return tuple(sorted(_data()["regions"]))


def every_price() -> list[tuple[str, Price]]:
    """Each region with each price that is known there, in order."""
    known = _data()["regions"]
    found = [(region, price(dimension, region)) for region in regions() for dimension in sorted(known[region])]
    return [(region, one) for region, one in found if one is not None]


def sources() -> dict[str, str]:
    """Each source's name → what it is."""
    return {name: str(source["what"]) for name, source in sorted(_data()["sources"].items())}


def price(dimension: str, region: str) -> Price | None:
    """What one unit costs in a region, such as `hosting:ml.m5.xlarge`; None where no source says so."""
    cell = _data()["regions"].get(region, {}).get(dimension)
    if cell is None:
        return None
    source = _data()["sources"][cell[1]]
    return Price(
        dimension=dimension,
        usd=cell[0],
        unit=unit(dimension),
        source=cell[1],
        as_of=source["as_of"],
        read=source["read"],
    )


def unit(dimension: str) -> str:
    """What a dimension is counted in. Raises KeyError for one that does not exist."""
    return {one.name: one.unit for one in DIMENSIONS}[dimension.partition(":")[0]]
