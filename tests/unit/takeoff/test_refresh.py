"""takeoff catalog refresh, against answers in the shape of the Price List API's and EC2's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

from catalog import refresh as files
from catalog.prices import DIMENSIONS
from takeoff import refresh

DAY = date(2027, 1, 2)


class Pages:
    """Every client of an account: two pages an operation, each call remembered."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> Pages:
        self.operation = operation
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked.append(asked)
        if self.operation == "describe_instance_types":
            gpus = {"Gpus": [{"Count": 1, "Manufacturer": "NVIDIA", "Name": "A10G"}]}
            return [{"InstanceTypes": [self.described("m5.xlarge"), self.described("g5.xlarge", GpuInfo=gpus)]}]
        service = asked["ServiceCode"]
        usage = {"AmazonSageMaker": "USE1-Host:ml.c6i.large", "awskms": "us-east-1-KMS-Keys"}.get(service)
        return [{"PriceList": [self.product(service, usage)] if usage else []}, {"PriceList": []}]

    def product(self, service: str, usage: str) -> str:
        price = {"beginRange": "0", "pricePerUnit": {"USD": "0.1020000000"}}
        terms = {"OnDemand": {"t": {"priceDimensions": {"d": price}}}}
        return json.dumps({"serviceCode": service, "product": {"attributes": {"usagetype": usage}}, "terms": terms})

    def described(self, name: str, **more: Any) -> dict[str, Any]:
        return {"InstanceType": name, "VCpuInfo": {"DefaultVCpus": 4}, "MemoryInfo": {"SizeInMiB": 16384}, **more}


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pages:
    made = Pages()
    for name in ("PRICES", "SPECS"):
        copy = tmp_path / f"{name}.json"
        copy.write_text(getattr(files, name).read_text())
        monkeypatch.setattr(files, name, copy)
    client = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name, **given: client(name, **given) if name == "sagemaker" else made)
    return made


def test_prices_of_a_region_are_asked_for_by_service_and_written_with_their_day(pages: Pages) -> None:
    missing = refresh.prices("us-east-1", DAY)
    new = json.loads(files.PRICES.read_text())
    assert new["regions"]["us-east-1"]["hosting:ml.c6i.large"] == [0.102, "price-list-2027-01-02-us-east-1"]
    assert {asked["ServiceCode"] for asked in pages.asked} == {dimension.service for dimension in DIMENSIONS}
    assert all({"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"} in a["Filters"] for a in pages.asked)
    assert "nat-gateway" in missing
    assert "hosting" not in missing


def test_sizes_are_written_for_the_types_that_sagemaker_has(pages: Pages) -> None:
    before = json.loads(files.SPECS.read_text())["families"]
    refresh.specs("us-east-1", DAY)
    new = json.loads(files.SPECS.read_text())
    assert new["families"] == before
    assert (new["dated"], "us-east-1" in new["source"]) == ("2027-01-02", True)
    assert "large" in new["transform"]["m5"]
