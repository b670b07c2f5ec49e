"""What goes wrong half-way is told, kept, and put right by the next attempt."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from local.providers.aws.client import Account
from local.providers.values import Properties, decode, encode
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import trust
from tests.local.providers.cases import archive
from tests.local.providers.plugin import Plugin, RefusedError, Resource

BUCKET, GROUP, ROLE = "aws:s3/bucket:Bucket", "aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


def refuse(monkeypatch: pytest.MonkeyPatch, account: Account, refused: str) -> None:
    """Makes one operation fail as if the service were down."""
    call = account.call

    def failing(service: str, op: str, arguments: Properties) -> Any:
        if op == refused:
            raise OSError(f"{op}: the service is down")
        return call(service, op, arguments)

    monkeypatch.setattr(account, "call", failing)


def kept(error: pytest.ExceptionInfo[RefusedError], inputs: Properties) -> Resource:
    half = error.value.kept
    assert half is not None
    return Resource(half.id, inputs, decode(half.properties)[0], half.properties)


def test_a_resource_whose_second_call_fails_is_kept_and_completed_by_the_next_update(
    plugin: Plugin, account: Account, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = {"name": f"group-{next(cloud.names)}", "retentionInDays": 7}
    with monkeypatch.context() as patch:
        refuse(patch, account, "put_retention_policy")
        with pytest.raises(RefusedError, match=r"'thing': put_retention_policy: the service is down") as error:
            plugin.create(GROUP, inputs)
    half = kept(error, inputs)
    assert half.id == inputs["name"]
    plugin.update(GROUP, half, inputs)
    (group,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=half.id)["logGroups"]
    assert group["retentionInDays"] == 7


def test_an_update_that_fails_is_made_again(
    plugin: Plugin, account: Account, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = {
        "name": f"role-{next(cloud.names)}",
        "assumeRolePolicy": trust("lambda.amazonaws.com"),
        "description": "a",
    }
    role = plugin.create(ROLE, inputs)
    news = inputs | {"description": "b"}
    with monkeypatch.context() as patch:
        refuse(patch, account, "update_role")
        with pytest.raises(RefusedError) as error:
            plugin.update(ROLE, role, news)
    plugin.update(ROLE, kept(error, news), news)
    assert cloud.client("iam").get_role(RoleName=role.id)["Role"]["Description"] == "b"


def test_cancel_ends_the_wait_for_an_endpoint_and_keeps_it(plugin: Plugin, cloud: Cloud) -> None:
    config = cloud.config(("main", cloud.model("1", NO_PING="1"), 1, 1))
    assert isinstance(plugin.call("Cancel", empty_pb2.Empty()), empty_pb2.Empty)
    inputs = {"name": f"endpoint-{next(cloud.names)}", "endpointConfigName": config}
    with pytest.raises(RefusedError, match=r"cancelled while waiting for endpoint-\d+ to become InService") as error:
        plugin.create(ENDPOINT, inputs)
    assert kept(error, inputs).id == inputs["name"]


def test_a_bucket_with_objects_is_deleted_only_if_the_program_says_so(plugin: Plugin, cloud: Cloud) -> None:
    s3, inputs = cloud.client("s3"), {"bucket": f"bucket-{next(cloud.names)}"}
    bucket = plugin.create(BUCKET, inputs)
    s3.put_bucket_versioning(Bucket=bucket.id, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket.id, Key="object", Body=body)
    s3.delete_object(Bucket=bucket.id, Key="object")
    with pytest.raises(RefusedError, match="BucketNotEmpty"):
        plugin.delete(BUCKET, bucket)
    plugin.delete(BUCKET, plugin.update(BUCKET, bucket, inputs | {"forceDestroy": True}))
    assert plugin.read(BUCKET, bucket.id, bucket) is None


def test_a_log_group_that_should_stay_stays(plugin: Plugin, cloud: Cloud) -> None:
    group = plugin.create(GROUP, {"name": f"group-{next(cloud.names)}", "skipDestroy": True})
    plugin.delete(GROUP, group)
    assert plugin.read(GROUP, group.id, group) is not None


def test_a_type_without_a_row_is_refused_with_the_place_to_add_it(plugin: Plugin) -> None:
    with pytest.raises(RefusedError, match=r"no row for aws:sqs/queue:Queue: see local/providers/aws/README.md"):
        plugin.check("aws:sqs/queue:Queue", {})


def test_another_region_is_refused_not_ignored(plugin: Plugin) -> None:
    with pytest.raises(RefusedError, match="aws:region: got 'eu-west-1', allowed 'us-east-1'"):
        plugin.call("Configure", provider_pb2.ConfigureRequest(args=encode({"region": "eu-west-1"})))
    _, said = plugin.check(GROUP, {"region": "eu-west-1"})
    assert said == ["region: got 'eu-west-1', allowed 'us-east-1': the emulated account has one region"]


def test_a_property_that_no_call_carries_is_refused_not_dropped(plugin: Plugin) -> None:
    role = {"assumeRolePolicy": trust("lambda.amazonaws.com")}
    _, (said,) = plugin.check(ROLE, role | {"namePrefix": "x"})
    assert said.startswith("namePrefix: the local aws provider does not send this property")
    function = {
        "code": archive("x"),
        "role": "arn:aws:iam::123456789012:role/r",
        "handler": "m.h",
        "runtime": "python3.13",
    }
    _, (nested,) = plugin.check("aws:lambda/function:Function", function | {"deadLetterConfig": {"other": "x"}})
    assert nested.startswith("deadLetterConfig.other: ")
