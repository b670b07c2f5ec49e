"""The data sources that the program reads: account, region, partition, SSM parameters, and what a cluster stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.providers.aws.client import Account
from local.providers.values import Properties

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


def _cluster(account: Account, arguments: Properties) -> _Result:
    """What the program reads of a cluster; the provider's other properties are left out."""
    found = account.call("eks", "describe_cluster", {"name": arguments["name"]})["cluster"]
    network, access = found.get("kubernetesNetworkConfig") or {}, found.get("accessConfig") or {}
    known = {
        "arn": found["arn"],
        "endpoint": found["endpoint"],
        "version": found["version"],
        "status": found["status"],
        "certificateAuthorities": [{"data": found["certificateAuthority"]["data"]}],
        "kubernetesNetworkConfigs": [{"serviceIpv4Cidr": network.get("serviceIpv4Cidr", "")}],
        "computeConfigs": [{"enabled": bool((found.get("computeConfig") or {}).get("enabled"))}],
        "accessConfigs": [{"authenticationMode": access.get("authenticationMode", "")}],
        "vpcConfig": {"clusterSecurityGroupId": found["resourcesVpcConfig"].get("clusterSecurityGroupId", "")},
    }
    return {**known, "name": arguments["name"], "id": arguments["name"], "region": account.region}, frozenset()


def _prefix_list(account: Account, arguments: Properties) -> _Result:
    filters = [{"Name": "prefix-list-name", "Values": [arguments["name"]]}]
    lists = account.call("ec2", "describe_prefix_lists", {"Filters": filters})["PrefixLists"]
    named = [each for each in lists if each["PrefixListName"] == arguments["name"]]
    if len(named) != 1:
        raise LookupError(f"aws:ec2/getPrefixList: got {len(named)} lists named {arguments['name']!r}; allowed: one")
    (found,) = named
    # The list itself holds its addresses on AWS, and not in moto; the call for its entries has them in both.
    entries = account.call("ec2", "get_managed_prefix_list_entries", {"PrefixListId": found["PrefixListId"]})["Entries"]
    known = {"id": found["PrefixListId"], "name": arguments["name"], "cidrBlocks": [each["Cidr"] for each in entries]}
    return known | {"region": account.region}, frozenset()


def _vpc(account: Account, arguments: Properties) -> _Result:
    (found,) = account.call("ec2", "describe_vpcs", {"VpcIds": [arguments["id"]]})["Vpcs"]
    blocks = [{"cidrBlock": each["CidrBlock"]} for each in found["CidrBlockAssociationSet"]]
    return {"id": arguments["id"], "cidrBlock": found["CidrBlock"], "cidrBlockAssociations": blocks}, frozenset()


_FUNCTIONS: dict[str, Callable[[Account, Properties], _Result]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:ec2/getPrefixList:getPrefixList": _prefix_list,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:eks/getCluster:getCluster": _cluster,
    "aws:ssm/getParametersByPath:getParametersByPath": _parameters_by_path,
}
