"""The data sources that the program reads: account, region and its zones, partition, and SSM parameters by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.providers.aws.client import Account
from local.providers.aws.values import Properties

_Result = tuple[Properties, frozenset[str]]


def invoke(account: Account, token: str, arguments: Properties) -> _Result:
    """The function's result, and the names in it that are secret."""
    if token not in _FUNCTIONS:
        raise LookupError(f"the local aws provider has no data source {token}; it has {', '.join(sorted(_FUNCTIONS))}")
    return _FUNCTIONS[token](account, arguments)


def _caller_identity(account: Account, _: Properties) -> _Result:
    got = account.call("sts", "get_caller_identity", {})
    return {"accountId": got["Account"], "arn": got["Arn"], "userId": got["UserId"], "id": got["Account"]}, frozenset()


def _region(account: Account, arguments: Properties) -> _Result:
    name = arguments.get("region") or account.region
    known = {"name": name, "region": name, "id": name, "endpoint": f"ec2.{name}.amazonaws.com"}
    return known | {"description": "US East (N. Virginia)" if name == "us-east-1" else name}, frozenset()


def _partition(_: Account, __: Properties) -> _Result:
    return {
        "partition": "aws",
        "id": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }, frozenset()


def _parameters_by_path(account: Account, arguments: Properties) -> _Result:
    decrypt, recursive = arguments.get("withDecryption", True), arguments.get("recursive", False)
    pages = (
        account.client("ssm")
        .get_paginator("get_parameters_by_path")
        .paginate(Path=arguments["path"], Recursive=recursive, WithDecryption=decrypt)
    )
    found: list[Mapping[str, Any]] = [parameter for page in pages for parameter in page["Parameters"]]
    columns = {"arns": "ARN", "names": "Name", "types": "Type", "values": "Value"}
    result = {name: [parameter[member] for parameter in found] for name, member in columns.items()}
    same = {"path": arguments["path"], "id": arguments["path"], "region": account.region}
    return {**result, **same, "recursive": recursive, "withDecryption": decrypt}, frozenset({"values"})


def _zones(account: Account, arguments: Properties) -> _Result:
    filters = [{"Name": each["name"], "Values": each["values"]} for each in arguments.get("filters") or ()]
    filters += [{"Name": "state", "Values": [arguments["state"]]}] if arguments.get("state") else []
    every = {"AllAvailabilityZones": bool(arguments.get("allAvailabilityZones"))}
    found = account.call("ec2", "describe_availability_zones", {"Filters": filters, **every})["AvailabilityZones"]
    skipped = {*(arguments.get("excludeNames") or ()), *(arguments.get("excludeZoneIds") or ())}
    found = sorted((z for z in found if not {z["ZoneName"], z["ZoneId"]} & skipped), key=lambda z: z["ZoneName"])
    names, ids = [zone["ZoneName"] for zone in found], [zone["ZoneId"] for zone in found]
    known = {"names": names, "zoneIds": ids, "groupNames": [account.region] if found else []}
    return {**arguments, **known, "id": account.region, "region": account.region}, frozenset()


_FUNCTIONS: dict[str, Callable[[Account, Properties], _Result]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:ssm/getParametersByPath:getParametersByPath": _parameters_by_path,
}
