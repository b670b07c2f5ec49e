"""Each step against an account that plays AWS's part: what moves cannot be deleted, what was stopped ends later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from takeoff.destroy.account import Account, StuckError
from takeoff.destroy.drain import drain
from takeoff.destroy.plan import BUCKET, Kind, Step
from takeoff.destroy.remains import remains
from takeoff.destroy.resources import Resource
from takeoff.destroy.run import Engine as RealEngine
from takeoff.destroy.run import ProtectedError, destroy

Answer = Callable[..., dict[str, Any]]


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Scripted(Account):
    """An account whose operations are functions of the test; what was called is kept. A pause is an hour long."""

    def __init__(self, **operations: Answer) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.paused = 0
        self._operations = operations
        super().__init__("us-east-1", patience=36_000, pause=self._paused, now=lambda: 3600.0 * self.paused)

    def _paused(self, _: float) -> None:
        self.paused += 1

    def client(self, service: str) -> Any:
        return self

    def pages(self, service: str, operation: str, key: str, **members: Any) -> Iterator[Any]:
        yield from getattr(self, operation)(**members)[key]

    def get_paginator(self, operation: str) -> Any:
        class Pages:
            paginate = staticmethod(lambda **members: [getattr(self, operation)(**members)])

        return Pages

    def __getattr__(self, operation: str) -> Any:
        def call(**members: Any) -> dict[str, Any]:
            assert operation in self._operations, f"nobody should call {operation}"
            self.calls.append((operation, members))
            return self._operations[operation](**members)

        return call

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [members for name, members in self.calls if name == operation]


def do(account: Account, kind: Kind, target: str = "x", **state: Any) -> str:
    return drain(account, Step(kind=kind, target=target, state=state))


def test_an_endpoint_that_moves_is_waited_for_before_and_after_it_is_deleted() -> None:
    statuses = iter(["Updating", "Updating", "InService", "InService", "Deleting", None])

    def describe(**_: Any) -> dict[str, Any]:
        status = next(statuses)
        if status is None:
            raise refused("ValidationException", "Could not find endpoint")
        return {"EndpointStatus": status}

    account = Scripted(describe_endpoint=describe, delete_endpoint=lambda **_: {})
    assert do(account, "delete-endpoint") == "deleted"
    assert [name for name, _ in account.calls].index("delete_endpoint") == 4
    assert account.paused == 3


def test_an_endpoint_that_is_gone_is_no_failure_and_another_refusal_is() -> None:
    def gone(**_: Any) -> dict[str, Any]:
        raise refused("ValidationException", "Could not find endpoint")

    def denied(**_: Any) -> dict[str, Any]:
        raise refused("ValidationException", "Cannot do that")

    assert do(Scripted(describe_endpoint=gone), "delete-endpoint") == ""
    with pytest.raises(ClientError, match="Cannot do that"):
        do(Scripted(describe_endpoint=denied), "delete-endpoint")


def test_an_endpoint_that_never_settles_is_stuck_and_says_how_to_go_on() -> None:
    account = Scripted(describe_endpoint=lambda **_: {"EndpointStatus": "Updating"})
    with pytest.raises(StuckError, match=r"endpoint x.*run the same command again"):
        do(account, "delete-endpoint")
    assert not account.called("delete_endpoint")


def test_jobs_are_told_once_to_stop_and_waited_for() -> None:
    rounds = {
        "InProgress": iter([["takeoff-prod-churn-1"], [], []]),
        "Stopping": iter([[], ["takeoff-prod-churn-1"], []]),
    }

    def transform(StatusEquals: str, **_: Any) -> dict[str, Any]:  # noqa: N803 (AWS's name)
        return {"TransformJobSummaries": [{"TransformJobName": name} for name in next(rounds[StatusEquals])]}

    account = Scripted(
        list_transform_jobs=transform,
        list_processing_jobs=lambda **_: {"ProcessingJobSummaries": [{"ProcessingJobName": "my-takeoff-prod-churn"}]},
        list_training_jobs=lambda **_: {"TrainingJobSummaries": []},
        stop_transform_job=lambda **_: {},
    )
    assert do(account, "stop-jobs", "takeoff-prod-churn") == "stopped 1 jobs"
    assert account.called("stop_transform_job") == [{"TransformJobName": "takeoff-prod-churn-1"}]
    assert account.paused == 2


def test_running_executions_and_builds_are_stopped_and_ended_ones_left() -> None:
    account = Scripted(
        list_executions=lambda **_: {"executions": [{"executionArn": "arn:1"}]},
        stop_execution=lambda **_: {},
        list_builds_for_project=lambda **_: {"ids": ["b:1", "b:2"]},
        batch_get_builds=lambda **_: {
            "builds": [{"id": "b:1", "buildStatus": "IN_PROGRESS"}, {"id": "b:2", "buildStatus": "SUCCEEDED"}]
        },
        stop_build=lambda **_: {},
    )
    assert do(account, "stop-executions", "arn:m") == "stopped 1 executions"
    assert account.called("list_executions")[0]["statusFilter"] == "RUNNING"
    assert do(account, "stop-builds", "arn:p", name="p") == "stopped 1 builds"
    assert account.called("list_builds_for_project") == [{"projectName": "p"}]
    assert account.called("stop_build") == [{"id": "b:1"}]


def test_scaling_is_suspended_in_all_three_ways_and_a_target_that_is_gone_is_not_made_again() -> None:
    state = {"serviceNamespace": "sagemaker", "resourceId": "endpoint/x/variant/main", "scalableDimension": "d"}
    there = Scripted(
        describe_scalable_targets=lambda **_: {"ScalableTargets": [{}]}, register_scalable_target=lambda **_: {}
    )
    assert do(there, "suspend-scaling", **state)
    assert list(there.called("register_scalable_target")[0]["SuspendedState"].values()) == [True] * 3
    gone = Scripted(describe_scalable_targets=lambda **_: {"ScalableTargets": []})
    assert do(gone, "suspend-scaling", **state) == ""


def test_a_schedule_is_deleted_in_its_group_and_one_that_is_gone_is_no_failure() -> None:
    account = Scripted(delete_schedule=lambda **_: {})
    assert do(account, "delete-schedule", "default/churn-batch") == "deleted"
    assert account.calls == [("delete_schedule", {"GroupName": "default", "Name": "churn-batch"})]

    def gone(**_: Any) -> dict[str, Any]:
        raise refused("ResourceNotFoundException")

    assert do(Scripted(delete_schedule=gone), "delete-schedule", "default/churn-batch") == ""


def test_a_rule_on_a_bus_of_its_own_is_disabled_there() -> None:
    account = Scripted(disable_rule=lambda **_: {})
    do(account, "disable-rule", "bus/rule", eventBusName="bus")
    assert account.calls == [("disable_rule", {"Name": "rule", "EventBusName": "bus"})]


def test_every_version_of_a_package_group_goes() -> None:
    account = Scripted(
        list_model_packages=lambda **_: {
            "ModelPackageSummaryList": [{"ModelPackageArn": "a"}, {"ModelPackageArn": "b"}]
        },
        delete_model_package=lambda **_: {},
    )
    assert do(account, "delete-packages", "churn") == "deleted 2 versions"
    assert [each["ModelPackageName"] for each in account.called("delete_model_package")] == ["a", "b"]


def test_network_interfaces_are_waited_for_but_those_of_vpc_endpoints_are_not() -> None:
    listed = iter([["interface"], ["interface"], []])

    def describe(**_: Any) -> dict[str, Any]:
        found = [{"NetworkInterfaceId": each, "InterfaceType": "interface"} for each in next(listed)]
        return {"NetworkInterfaces": [*found, {"NetworkInterfaceId": "e", "InterfaceType": "vpc_endpoint"}]}

    account = Scripted(describe_network_interfaces=describe)
    assert do(account, "await-interfaces", "sg-1") == "1 network interfaces are gone"
    assert account.paused == 1


def test_emptying_a_bucket_deletes_versions_and_markers_and_counts_what_a_lock_kept() -> None:
    account = Scripted(
        list_object_versions=lambda **_: {
            "Versions": [{"Key": "a", "VersionId": "1"}, {"Key": "locked", "VersionId": "2"}],
            "DeleteMarkers": [{"Key": "b", "VersionId": "3"}],
        },
        delete_objects=lambda **_: {"Errors": [{"Key": "locked"}]},
    )
    assert do(account, "empty-bucket", "models") == "deleted 2 object versions"
    assert len(account.called("delete_objects")[0]["Delete"]["Objects"]) == 3


def test_a_repository_is_emptied_a_hundred_images_at_a_time() -> None:
    images = [{"imageDigest": str(number)} for number in range(150)]
    account = Scripted(list_images=lambda **_: {"imageIds": images}, batch_delete_image=lambda **_: {})
    assert do(account, "empty-repository", "churn") == "deleted 150 images"
    assert [len(each["imageIds"]) for each in account.called("batch_delete_image")] == [100, 50]


def test_only_configs_and_models_with_the_stacks_own_tag_are_forgotten() -> None:
    def tags(ResourceArn: str) -> dict[str, Any]:  # noqa: N803 (AWS's name)
        return {"Tags": [{"Key": "takeoff:stack", "Value": "prod-apps" if "apps" in ResourceArn else "prod"}]}

    account = Scripted(
        list_endpoint_configs=lambda **_: {
            "EndpointConfigs": [
                {"EndpointConfigName": name, "EndpointConfigArn": name}
                for name in ("takeoff-prod-a", "takeoff-prod-apps-a")
            ]
        },
        list_models=lambda **_: {"Models": []},
        list_tags=tags,
        delete_endpoint_config=lambda **_: {},
        get_parameters_by_path=lambda **_: {"Parameters": [{"Name": "/takeoff/prod/a/image"}]},
        delete_parameter=lambda **_: {},
    )
    assert list(account.forget("prod", facts=False)) == ["EndpointConfig takeoff-prod-a"]
    assert list(account.forget("prod", facts=True))[-1] == "Parameter /takeoff/prod/a/image"


def resource(type_: str, id_: str, **more: Any) -> Resource:
    return Resource(urn=f"urn:{id_}", type=type_, id=id_, **more)


def test_what_stays_is_named_with_its_reason_and_its_end() -> None:
    december = datetime(2026, 12, 24, tzinfo=UTC)
    locked = {"Versions": [{"Key": "a", "VersionId": "1"}]}

    def lock(Bucket: str) -> dict[str, Any]:  # noqa: N803 (AWS's name)
        if Bucket != "audit":
            raise refused("ObjectLockConfigurationNotFoundError")
        return {}

    account = Scripted(
        describe_key=lambda **_: {"KeyMetadata": {"KeyState": "PendingDeletion", "DeletionDate": december}},
        describe_secret=lambda **_: {"DeletedDate": datetime(2026, 12, 1, tzinfo=UTC)},
        get_object_lock_configuration=lock,
        list_object_versions=lambda **_: locked,
        get_object_retention=lambda **_: {"Retention": {"RetainUntilDate": december}},
        describe_log_groups=lambda logGroupNamePrefix, **_: {  # noqa: N803 (AWS's name)
            "logGroups": [{"logGroupName": f"{logGroupNamePrefix}a"}] if "lambda" in logGroupNamePrefix else []
        },
    )
    before = [
        resource("aws:kms/key:Key", "gone"),
        resource("aws:kms/key:Key", "needed"),
        resource("aws:secretsmanager/secret:Secret", "password", outputs={"recoveryWindowInDays": 7}),
        resource(BUCKET, "models"),
        resource(BUCKET, "audit"),
    ]
    found = {each.what: each for each in remains(account, "prod", before, {"urn:needed", "urn:models", "urn:audit"})}
    assert found["kms Key gone"].until == "2026-12-24"
    assert "encrypts" in found["kms Key needed"].why
    assert found["secretsmanager Secret password"].until == "2026-12-08"
    assert ("retainData" in found["s3 Bucket models"].why, found["s3 Bucket models"].until) == (True, "")
    assert ("lock" in found["s3 Bucket audit"].why, found["s3 Bucket audit"].until) == (True, "2026-12-24")
    assert "kept for ever" in found["log group /aws/lambda/takeoff-prod-a"].why
    assert len(found) == 6


class Engine:
    """The engine's part of a destroy."""

    def __init__(self, *resources: Resource, sibling: Engine | None = None, stack: str = "prod") -> None:
        self._resources, self.did, self.stack = list(resources), list[tuple[str, set[str]]](), stack
        self._sibling = sibling

    def inside(self) -> Engine | None:
        return self._sibling

    def resources(self) -> list[Resource]:
        return self._resources

    def unprotect(self, resources: list[Resource]) -> None:
        self.did.append(("unprotect", {each.id for each in resources}))

    def destroy(self, exclude: set[str]) -> None:
        self.did.append(("destroy", set(exclude)))


def empty_account(full: bool) -> Scripted:
    held = {"Versions": [{"Key": "a", "VersionId": "1"}]} if full else {}
    return Scripted(
        list_object_versions=lambda **_: held,
        list_endpoint_configs=lambda **_: {"EndpointConfigs": []},
        list_models=lambda **_: {"Models": []},
        get_parameters_by_path=lambda **_: {"Parameters": [{"Name": "/takeoff/prod/a/approved"}]},
        delete_parameter=lambda **_: {},
        describe_log_groups=lambda **_: {"logGroups": []},
        get_object_lock_configuration=lambda **_: (_ for _ in ()).throw(refused("none")),
        describe_key=lambda **_: {"KeyMetadata": {"KeyState": "Enabled"}},
        disable_rule=lambda **_: {},
    )


def test_a_protected_stack_is_refused_before_anything_is_touched_and_every_resource_is_named() -> None:
    engine = Engine(resource(BUCKET, "models", protect=True), resource("aws:kms/key:Key", "k", protect=True))
    account = empty_account(full=True)
    with pytest.raises(ProtectedError, match=r"--unprotect prod`:\n  s3 Bucket models\n  kms Key k"):
        destroy(engine, account, unprotect=False, delete_data=False, say=print)  # type: ignore[arg-type]
    assert (engine.did, account.calls) == ([], [])


@pytest.mark.parametrize("full", [True, False])
def test_a_bucket_that_still_holds_data_stays_protected_and_so_do_the_facts_about_it(full: bool) -> None:
    engine = Engine(
        resource(BUCKET, "models", protect=True), resource("aws:cloudwatch/eventRule:EventRule", "r", protect=True)
    )
    account = empty_account(full)
    stay = destroy(engine, account, unprotect=True, delete_data=False, say=print)  # type: ignore[arg-type]
    assert engine.did == [
        ("unprotect", {"r"} if full else {"models", "r"}),
        ("destroy", {"urn:models"} if full else set()),
    ]
    assert bool(account.called("delete_parameter")) != full
    assert [each.what for each in stay] == (["s3 Bucket models"] if full else [])


def test_where_all_that_is_left_stays_the_engine_is_not_asked_to_destroy() -> None:
    engine = Engine(resource(BUCKET, "models"))
    destroy(engine, empty_account(full=True), unprotect=True, delete_data=False, say=print)  # type: ignore[arg-type]
    assert [name for name, _ in engine.did] == ["unprotect"]


def test_what_runs_in_the_cluster_goes_before_anything_of_the_stack_is_touched() -> None:
    sibling = Engine(stack="prod-apps")
    engine = Engine(resource("aws:cloudwatch/eventRule:EventRule", "r"), sibling=sibling)
    account = empty_account(full=False)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(f"{line}; {len(sibling.did)} inside, {len(account.calls)} calls")

    destroy(engine, account, unprotect=True, delete_data=False, say=say)  # type: ignore[arg-type]
    assert said[0] == "prod-apps, what runs in its cluster, goes first; 0 inside, 0 calls"
    assert said[1].endswith("1 inside, 1 calls")
    assert (sibling.did, engine.did[-1]) == ([("destroy", set())], ("destroy", set()))


def test_a_protected_stack_keeps_what_runs_in_its_cluster() -> None:
    sibling = Engine(stack="prod-apps")
    engine = Engine(resource(BUCKET, "models", protect=True), sibling=sibling)
    with pytest.raises(ProtectedError):
        destroy(engine, empty_account(full=True), unprotect=False, delete_data=False, say=print)  # type: ignore[arg-type]
    assert sibling.did == []


@pytest.mark.parametrize(("protected", "did"), [(True, "may be deleted"), (False, "")])
def test_a_clusters_protection_is_taken_off_once(protected: bool, did: str) -> None:
    account = Scripted(
        describe_cluster=lambda **_: {"cluster": {"deletionProtection": protected}},
        update_cluster_config=lambda **_: {},
    )
    assert drain(account, Step(kind="release-cluster", target="c")) == did
    assert account.called("update_cluster_config") == ([{"name": "c", "deletionProtection": False}] if did else [])


def test_the_nodes_of_a_group_are_gone_before_their_interfaces_are_waited_for() -> None:
    looks = iter(["ACTIVE", "DELETING", None])

    def look(**_: Any) -> dict[str, Any]:
        if (status := next(looks)) is None:
            raise refused("ResourceNotFoundException")
        return {"nodegroup": {"status": status}}

    account = Scripted(describe_nodegroup=look, delete_nodegroup=lambda **_: {})
    assert drain(account, Step(kind="delete-nodes", target="c:prod-shared")) == "its nodes are gone"
    assert account.called("delete_nodegroup") == [{"clusterName": "c", "nodegroupName": "prod-shared"}]


PULUMI = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *export*) ;; *) exit ;; esac
cat "$EXPORT" 2> /dev/null && exit
echo "error: no stack named 'prod-apps' found" >&2
exit 255
"""


def test_the_engine_finds_the_sibling_where_there_is_one_and_destroys_it_by_the_stacks_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pulumi").write_text(PULUMI)
    (tmp_path / "pulumi").chmod(0o755)
    calls, export = tmp_path / "calls", tmp_path / "export"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(calls))
    monkeypatch.setenv("EXPORT", str(export))
    monkeypatch.delenv("TAKEOFF_STATE", raising=False)
    assert RealEngine("prod").inside() is None
    export.write_text(json.dumps({"deployment": {"resources": [{"urn": "u", "type": "t", "id": "i"}]}}))
    sibling = RealEngine("prod").inside()
    assert sibling == RealEngine("prod-apps")
    sibling.destroy(())
    last = calls.read_text().splitlines()[-1]
    assert "--config-file stacks/Pulumi.prod.yaml" in last
    assert "--stack prod-apps" in last
