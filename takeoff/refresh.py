"""Reading the catalog's data from an account: instance types from EC2, list prices from the Price List API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import boto3

from catalog import refresh
from catalog.instance_types import hosting_types, regions
from catalog.prices import DIMENSIONS

# The regions in which the Price List API answers; it answers for all regions there.
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
ENDPOINT = "us-east-1"
# The one family of a service that has a hundred thousand products a region.
_FAMILIES = {"AmazonEC2": "NAT Gateway"}


def products(pricing: Any, region: str) -> Iterator[dict[str, Any]]:
    """Every product of the services that we declare, in one region."""
    for service in sorted({dimension.service for dimension in DIMENSIONS}):
        wanted = {"regionCode": region} | ({"productFamily": _FAMILIES[service]} if service in _FAMILIES else {})
        filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
        pages = pricing.get_paginator("get_products").paginate(ServiceCode=service, Filters=filters)
        for page in pages:
            yield from (json.loads(text) for text in page["PriceList"])


def prices(region: str, today: date) -> list[str]:
    """Rewrite a region's prices in catalog/prices.json; returns the dimensions that the API had no one price for.

    Needs pricing:GetProducts.
    """
    found = refresh.listed(products(boto3.client("pricing", region_name=ENDPOINT), region))
    old = json.loads(refresh.PRICES.read_text())
    refresh.PRICES.write_text(refresh.prices(old, region, found, today.isoformat()))
    had = {name.partition(":")[0] for name in found}
    return [dimension.name for dimension in DIMENSIONS if dimension.name not in had]


def specs(region: str, today: date) -> None:
    """Rewrite catalog/instance_specs.json for every hosting type that the catalog knows.

    Needs ec2:DescribeInstanceTypes. A region describes the types that it has; the others keep what the file says.
    """
    pages = boto3.client("ec2", region_name=region).get_paginator("describe_instance_types").paginate()
    described = [one for page in pages for one in page["InstanceTypes"]]
    wanted = sorted(set().union(*(hosting_types(each) for each in regions())))
    transform = boto3.client("sagemaker", region_name=region).meta.service_model.shape_for("TransformInstanceType").enum
    source = f"EC2 DescribeInstanceTypes in {region}; transform types from botocore's model of TransformInstanceType"
    old = json.loads(refresh.SPECS.read_text())
    refresh.SPECS.write_text(refresh.specs(described, wanted, transform, old, source, today.isoformat()))
