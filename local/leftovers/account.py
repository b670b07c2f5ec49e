"""Everything of one stack in an emulated account, service by service."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from local.client import client
from local.leftovers.clusters import clusters
from local.leftovers.kinds import KINDS
from local.leftovers.leftover import Leftover, bind, pages, prefix
from local.leftovers.network import network, rules

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
MODEL = "aws:sagemaker/model:Model"
_MOVING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


class Account:
    """What one stack has in the emulated account behind an endpoint."""

    def __init__(self, endpoint: str, stack: str) -> None:
        self._endpoint, self._stack, self._prefix = endpoint, stack, prefix(stack)

    def everything(self) -> list[Leftover]:
        """All that is ours, in an order in which it can be removed."""
        ec2 = self._client("ec2")
        parts = (
            self._hosting(),
            self._events(),
            rules(ec2, self._stack),
            clusters(self._client("eks"), self._stack),
            self._by_kind(),
            network(ec2, self._stack),
            self._logs(),
            self._facts(),
            self._access(),
            self._data(),
        )
        return [leftover for part in parts for leftover in part]

    def forget_versions(self) -> None:
        """Delete every registered version: AWS keeps a group that holds one (`takeoff destroy` does so on AWS)."""
        sagemaker = self._client("sagemaker")
        groups = pages(sagemaker, "list_model_package_groups", "ModelPackageGroupSummaryList")
        for group in self._ours(each["ModelPackageGroupName"] for each in list(groups)):
            held = pages(sagemaker, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=group)
            for package in list(held):
                sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])

    def failed_endpoints(self) -> list[str]:
        """Endpoints that never came up. SageMaker lets them be deleted and nothing else."""
        listed = self._client("sagemaker").list_endpoints(StatusEquals="Failed")["Endpoints"]
        return self._ours(endpoint["EndpointName"] for endpoint in listed)

    def _client(self, service: str) -> Any:
        return client(self._endpoint, service)

    def _ours(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name.startswith(self._prefix)]

    def _hosting(self) -> Iterator[Leftover]:
        client = self._client("sagemaker")
        for name in self._ours(item["EndpointName"] for item in pages(client, "list_endpoints", "Endpoints")):
            yield Leftover(ENDPOINT, name, bind(_remove_endpoint, client, name))
        for token, operation, key, member, delete in (
            (CONFIG, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", client.delete_endpoint_config),
            (MODEL, "list_models", "Models", "ModelName", client.delete_model),
        ):
            for item in pages(client, operation, key):
                if (name := item[member]).startswith(self._prefix):
                    remove = bind(delete, **{member: name})
                    yield Leftover(token, name, remove, item["CreationTime"].timestamp())

    def _events(self) -> Iterator[Leftover]:
        client = self._client("events")
        for name in self._ours(rule["Name"] for rule in client.list_rules()["Rules"]):
            yield Leftover("aws:cloudwatch/eventRule:EventRule", name, bind(_remove_rule, client, name))

    def _by_kind(self) -> Iterator[Leftover]:
        for kind in KINDS:
            yield from kind.leftovers(self._client(kind.service), self._stack)

    def _logs(self) -> Iterator[Leftover]:
        logs = self._client("logs")
        for group in pages(logs, "describe_log_groups", "logGroups"):
            if f"/{self._prefix}" in (name := group["logGroupName"]) or name.startswith(f"/takeoff/{self._stack}/"):
                yield Leftover("aws:cloudwatch/logGroup:LogGroup", name, bind(logs.delete_log_group, logGroupName=name))

    def _facts(self) -> Iterator[Leftover]:
        client = self._client("ssm")
        pages = client.get_paginator("get_parameters_by_path").paginate(Path=f"/takeoff/{self._stack}", Recursive=True)
        for parameter in [parameter for page in pages for parameter in page["Parameters"]]:
            name = parameter["Name"]
            yield Leftover("aws:ssm/parameter:Parameter", name, bind(client.delete_parameter, Name=name))

    def _access(self) -> Iterator[Leftover]:
        client = self._client("iam")
        for name in self._ours(role["RoleName"] for role in pages(client, "list_roles", "Roles")):
            yield Leftover("aws:iam/role:Role", name, bind(_remove_role, client, name))

    def _data(self) -> Iterator[Leftover]:
        s3, kms = self._client("s3"), self._client("kms")
        for name in self._ours(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
            yield Leftover("aws:s3/bucket:Bucket", name, bind(_remove_bucket, s3, name))
        for key in [entry["KeyId"] for entry in pages(kms, "list_keys", "Keys")]:
            if _is_live_key(kms, key, self._stack):
                remove = bind(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)
                yield Leftover("aws:kms/key:Key", key, remove)


def _remove_endpoint(client: Any, name: str) -> None:
    """An endpoint that moves cannot be deleted, and one that is being deleted is still there: wait for both."""
    while _status(client, name) in _MOVING:
        time.sleep(0.1)
    client.delete_endpoint(EndpointName=name)
    while _status(client, name) is not None:
        time.sleep(0.1)


def _status(client: Any, name: str) -> str | None:
    try:
        return str(client.describe_endpoint(EndpointName=name)["EndpointStatus"])
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        return None


def _remove_rule(client: Any, name: str) -> None:
    targets = [target["Id"] for target in client.list_targets_by_rule(Rule=name)["Targets"]]
    if targets:
        client.remove_targets(Rule=name, Ids=targets)
    client.delete_rule(Name=name)


def _remove_role(client: Any, name: str) -> None:
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    for attached in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        client.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    client.delete_role(RoleName=name)


def _remove_bucket(client: Any, name: str) -> None:
    # From the beginning again and again: a page's marker is of no use once what it names is deleted.
    while True:
        page = client.list_object_versions(Bucket=name)
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            break
        doomed = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions]
        client.delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
    client.delete_bucket(Bucket=name)


def _is_live_key(client: Any, key: str, stack: str) -> bool:
    """AWS keeps a deleted key for days; one that is already on its way out is no leftover."""
    with contextlib.suppress(ClientError):
        if client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return False
        tags = {tag["TagKey"]: tag["TagValue"] for tag in client.list_resource_tags(KeyId=key)["Tags"]}
        return tags.get("takeoff:stack") == stack
    return False
