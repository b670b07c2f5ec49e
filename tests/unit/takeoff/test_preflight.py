"""Every check of preflight against an account that passes, one that fails and one that does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from typer.testing import CliRunner

from catalog.computed import COMPUTED
from takeoff.__main__ import app
from takeoff.commands import preflight as command
from takeoff.preflight import addresses, names, permissions, quotas, singletons, zones
from takeoff.preflight.account import Account, ask
from takeoff.preflight.finding import Finding, Unknown
from takeoff.preflight.planned import Plan, Planned, parse, region
from takeoff.preflight.run import check
from tests.stacks import shipped

SILENT = Unknown("denied")
VARIANT = {"name": "main", "instanceType": "ml.g5.xlarge", "instances": 2}
MODELS: dict[str, Any] = {"churn": {"variants": [VARIANT]}}


def planned(type_: str, name: str = "it", *, new: bool = True, **inputs: Any) -> Planned:
    return Planned(type=type_, name=name, new=new, inputs=inputs)


def statuses(findings: list[Finding]) -> list[str]:
    """The answers; whatever is not well says what to do about it."""
    assert all(each.fix for each in findings if each.status != "ok")
    assert all(each.detail for each in findings)
    return [each.status for each in findings]


# The plan


def test_a_preview_becomes_what_will_be_there_with_unknown_values_left_open() -> None:
    def step(op: str, name: str, **inputs: Any) -> dict[str, Any]:
        return {"op": op, "urn": f"urn:pulumi:s::p::t::{name}", "newState": {"type": "t", "inputs": inputs}}

    steps = [step("create", "a", deep=[{"id": COMPUTED}]), step("same", "b"), step("delete", "c"), step("update", "d")]
    plan = parse({"steps": steps, "config": {"takeoff:models": json.dumps(MODELS)}})
    assert [(each.name, each.new) for each in plan.resources] == [("a", True), ("b", False), ("d", False)]
    assert plan.resources[0].inputs == {"deep": [{"id": None}]}
    assert (plan.models, plan.pools) == (MODELS, {})


def test_the_region_is_the_providers() -> None:
    assert region([planned("pulumi:providers:aws", region="eu-west-1")]) == "eu-west-1"
    assert region([]) is None


# Quotas


@pytest.mark.parametrize(
    ("variant", "most"),
    [
        ({}, 2),
        ({"scaling": {"minimum": 1, "maximum": 6}}, 6),
        ({"scaling": {"maximum": 3, "schedule": [{"maximum": 9}, {"minimum": 1}]}}, 9),
        ({"instances": None}, 1),
    ],
)
def test_an_endpoint_counts_twice_over_at_its_widest(variant: dict[str, Any], most: int) -> None:
    models = {"churn": {"variants": [{**VARIANT, **variant}], "shadow": {"instanceType": "ml.c6i.large"}}}
    assert quotas.endpoint_instances(models) == {"ml.g5.xlarge": 2 * most, "ml.c6i.large": 2}


def test_batches_count_once_and_add_up() -> None:
    batch = {"instanceType": "ml.m5.large", "instances": 2}
    assert quotas.transform_instances({"a": {"batch": batch}, "b": {"batch": batch}, "c": {}}) == {"ml.m5.large": 4}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"ml.g5.xlarge for endpoint usage": 4.0}, "ok"),
        ({"ml.g5.xlarge for endpoint usage": 3.0}, "fail"),
        ({"ml.g5.xlarge for training job usage": 9.0}, "unknown"),
        (SILENT, "unknown"),
    ],
)
def test_instances_fit_the_quota_of_their_type_and_use(answer: Any, status: str) -> None:
    needed = quotas.endpoint_instances(MODELS)
    assert statuses(quotas.judge_instances(needed, "endpoint", "both fleets", answer)) == [status]


@pytest.mark.parametrize(
    ("there", "quota", "status"),
    [(3.0, 5.0, "ok"), (4.0, 5.0, "fail"), (SILENT, 5.0, "unknown"), (3.0, SILENT, "unknown")],
)
def test_new_addresses_fit_beside_those_there_are(there: Any, quota: Any, status: str) -> None:
    plan = [planned("aws:ec2/eip:Eip"), planned("aws:ec2/eip:Eip"), planned("aws:ec2/eip:Eip", new=False)]
    found = quotas.judge_counted(plan, {"aws:ec2/eip:Eip": there}, {"L-0263D0A3": quota})
    assert statuses(found) == [status]


def test_gateway_endpoints_do_not_count_against_the_quota_of_interface_endpoints() -> None:
    kind = "aws:ec2/vpcEndpoint:VpcEndpoint"
    plan = [planned(kind, vpcEndpointType="Gateway"), planned(kind, vpcEndpointType="Interface")]
    assert statuses(quotas.judge_counted(plan, {kind: 0.0}, {"L-29B6F2EB": 1.0})) == ["ok"]


def test_pools_fit_the_vcpus_of_their_families_at_their_limits_in_every_tier() -> None:
    gpu = {"accelerator": "nvidia", "types": ["g6.xlarge", "g5.2xlarge"], "limits": {"gpu": 2}}
    general = {"families": ["m7i", "m6i"], "capacity": "spot-then-on-demand", "limits": {"cpu": 96, "memory": "384Gi"}}
    others = {"group": {"types": ["g6.xlarge"], "min": 0, "max": 9}, "spot": {**general, "capacity": "spot"}}
    assert quotas.pool_vcpus({"gpu": gpu, "general": general, **others}) == {"L-DB2E81BA": 8 + 16, "L-1216C47A": 96}


@pytest.mark.parametrize(("quota", "status"), [(24.0, "ok"), (23.0, "fail"), (SILENT, "unknown")])
def test_gpu_nodes_fit_the_vcpus_of_their_family_at_their_most(quota: Any, status: str) -> None:
    group = planned(
        "aws:eks/nodeGroup:NodeGroup", instanceTypes=["g5.xlarge", "g5.2xlarge"], scalingConfig={"maxSize": 3}
    )
    needed = quotas.node_vcpus([group], {"g5.xlarge": 4, "g5.2xlarge": 8})
    assert needed == {"L-DB2E81BA": 24}
    assert statuses(quotas.judge_vcpus(needed, {"L-DB2E81BA": quota})) == [status]


@pytest.mark.parametrize(
    ("type_", "code"), [("g5.xlarge", "L-DB2E81BA"), ("p4d.24xlarge", "L-417A185B"), ("m5.large", "L-1216C47A")]
)
def test_every_family_has_its_quota(type_: str, code: str) -> None:
    assert quotas.family_quota(type_)[0] == code


# Account settings


@pytest.mark.parametrize(
    ("present", "status"),
    [(["sagemaker.application-autoscaling.amazonaws.com"], "ok"), ([], "fail"), (SILENT, "unknown")],
)
def test_autoscaling_needs_its_service_linked_role(present: Any, status: str) -> None:
    needed = singletons.linked_roles([planned("aws:appautoscaling/target:Target"), planned("aws:s3/bucket:Bucket")])
    assert statuses(singletons.judge_linked_roles(needed, present)) == [status]


@pytest.mark.parametrize(("made", "status"), [(True, "ok"), (False, "fail"), (SILENT, "unknown")])
@pytest.mark.parametrize("type_", sorted(singletons.SETTINGS))
def test_a_setting_of_the_account_is_there_before_what_needs_it(type_: str, made: Any, status: str) -> None:
    needed = singletons.settings([planned(type_)])
    assert statuses(singletons.judge_settings(needed, dict.fromkeys(needed, made))) == [status]


# Zones


@pytest.mark.parametrize(
    ("available", "expected"), [({"a", "b"}, ["ok", "ok"]), ({"a"}, ["ok", "fail"]), (SILENT, ["unknown"] * 2)]
)
def test_the_zones_of_planned_subnets_are_available(available: Any, expected: list[str]) -> None:
    subnets = [planned("aws:ec2/subnet:Subnet", availabilityZone=zone) for zone in ("b", "a", "a")]
    assert statuses(zones.judge_zones(zones.planned_zones(subnets), available)) == expected


@pytest.mark.parametrize(("offered", "status"), [("ab", "ok"), ("a", "warn"), ("c", "fail"), (SILENT, "unknown")])
def test_an_instance_type_offered_in_no_planned_zone_fails_and_in_some_warns(offered: Any, status: str) -> None:
    answer = offered if isinstance(offered, Unknown) else set(offered)
    assert statuses(zones.judge_offerings("instance type", ["a", "b"], {"g5.xlarge": answer})) == [status]


def test_the_types_and_services_looked_up_are_those_of_the_plan() -> None:
    group = planned("aws:eks/nodeGroup:NodeGroup", instanceTypes=["m5.large"])
    link = planned("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", serviceName="com.amazonaws.x.logs")
    gate = planned("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Gateway", serviceName="com.amazonaws.x.s3")
    assert zones.instance_types([group], MODELS) == {"m5.large", "g5.xlarge"}
    assert zones.services([link, gate]) == {"com.amazonaws.x.logs"}


# Addresses


@pytest.mark.parametrize(("free", "status"), [(4, "ok"), (3, "fail"), (SILENT, "unknown")])
def test_existing_subnets_hold_both_fleets(free: Any, status: str) -> None:
    model = planned("aws:sagemaker/model:Model", vpcConfig={"subnets": ["subnet-1"], "securityGroupIds": [None]})
    answer = free if isinstance(free, Unknown) else {"subnet-1": free}
    assert statuses(addresses.judge([model], MODELS, answer)) == [status]


@pytest.mark.parametrize(("prefix", "status"), [(28, "ok"), (29, "fail")])
def test_planned_subnets_hold_both_fleets_and_an_interface_of_each_vpc_endpoint(prefix: int, status: str) -> None:
    subnet = planned("aws:ec2/subnet:Subnet", cidrBlock=f"10.0.0.0/{prefix}")
    public = planned("aws:ec2/subnet:Subnet", cidrBlock="10.0.1.0/24", mapPublicIpOnLaunch=True)
    link = planned("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", subnetIds=[None])
    assert statuses(addresses.judge([subnet, public, link], MODELS, {})) == [status]


def test_a_stack_without_a_network_needs_no_addresses() -> None:
    assert addresses.judge([planned("aws:sagemaker/model:Model")], MODELS, SILENT) == []


# Names


@pytest.mark.parametrize(("length", "status"), [(63, "ok"), (64, "fail")])
def test_a_name_that_is_too_long_for_its_service_fails(length: int, status: str) -> None:
    assert statuses(names.judge_lengths([planned(names.BUCKET, bucket="x" * length)])) == [status]


@pytest.mark.parametrize(
    ("owner", "status"),
    [("nobody", "ok"), ("this account", "fail"), ("another account", "fail"), (SILENT, "unknown")],
)
def test_a_new_bucket_needs_a_name_that_nobody_has(owner: Any, status: str) -> None:
    plan = [planned(names.BUCKET, bucket="mine"), planned(names.BUCKET, bucket="old", new=False)]
    assert names.new_buckets(plan) == ["mine"]
    assert statuses(names.judge_buckets({"mine": owner})) == [status]


# Permissions


@pytest.mark.parametrize(("denied", "expected"), [([], ["ok"]), (["iam:PassRole"], ["fail"]), (SILENT, ["unknown"])])
def test_a_denied_action_fails(denied: Any, expected: list[str]) -> None:
    wanted = permissions.actions([planned("aws:iam/role:Role")])
    assert "iam:PassRole" in wanted
    assert statuses(permissions.judge(wanted, denied, [])) == expected


def test_a_type_whose_actions_nobody_listed_is_unknown_and_never_ok() -> None:
    plan = [planned("aws:new/thing:Thing"), planned("pulumi:providers:aws")]
    assert permissions.unlisted(plan) == ["aws:new/thing:Thing"]
    assert statuses(permissions.judge([], [], permissions.unlisted(plan))) == ["unknown"]


def test_a_session_of_an_assumed_role_is_simulated_as_its_role() -> None:
    session = "arn:aws:sts::123456789012:assumed-role/takeoff-deployer/run-7"
    assert permissions.principal(session) == "arn:aws:iam::123456789012:role/takeoff-deployer"
    assert permissions.principal("arn:aws:iam::123456789012:user/me") == "arn:aws:iam::123456789012:user/me"


# The account


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


@pytest.mark.parametrize("error", [refused("AccessDenied"), NoCredentialsError(), KeyError("Quota")])
def test_a_question_that_is_not_answered_is_unknown(error: Exception) -> None:
    def question() -> int:
        raise error

    assert isinstance(ask(question), Unknown)
    assert ask(lambda: 3) == 3


class Fake(Account):
    """An account whose operations are functions of the test; all else is denied."""

    def __init__(self, **operations: Callable[..., Any]) -> None:
        self._operations = operations

    def _client(self, service: str) -> Any:
        return self

    def _pages(self, service: str, operation: str, key: str, **members: Any) -> Any:
        yield from getattr(self, operation)(**members)[key]

    def __getattr__(self, operation: str) -> Any:
        def denied(**_: Any) -> Any:
            raise refused("AccessDenied")

        return self._operations.get(operation, denied)


@pytest.mark.parametrize(
    ("status", "owner"), [(404, "nobody"), (403, "another account"), (301, "another account"), (200, "this account")]
)
def test_a_buckets_owner_is_read_from_how_s3_answers(status: int, owner: str) -> None:
    def head(**_: Any) -> None:
        if status != 200:
            raise refused("x", status)

    assert Fake(head_bucket=head).owner("b") == owner


def test_the_accounts_own_quota_goes_before_the_default_one() -> None:
    def quota(value: float) -> Callable[..., Any]:
        return lambda **_: {"Quota": {"Value": value}}

    own = Fake(get_service_quota=quota(7.0), get_aws_default_service_quota=quota(5.0))
    default = Fake(get_aws_default_service_quota=quota(5.0))
    types = ["aws:ec2/vpc:Vpc"]
    assert (own.counted_quotas(types), default.counted_quotas(types)) == ({"L-F678F1CE": 7.0}, {"L-F678F1CE": 5.0})
    assert isinstance(Fake().counted_quotas(types)["L-F678F1CE"], Unknown)


def test_denied_actions_are_those_that_the_simulator_does_not_allow_and_root_is_not_simulated() -> None:
    results = [
        {"EvalActionName": "a", "EvalDecision": "allowed"},
        {"EvalActionName": "b", "EvalDecision": "implicitDeny"},
    ]
    asked: list[dict[str, Any]] = []

    def simulate(**members: Any) -> Any:
        asked.append(members)
        return {"EvaluationResults": results}

    role = Fake(
        get_caller_identity=lambda: {"Arn": "arn:aws:sts::1:assumed-role/deployer/x"},
        simulate_principal_policy=simulate,
    )
    assert role.denied(["a", "b"]) == ["b"]
    assert asked == [{"PolicySourceArn": "arn:aws:iam::1:role/deployer", "ActionNames": ["a", "b"]}]
    assert isinstance(Fake(get_caller_identity=lambda: {"Arn": "arn:aws:iam::1:root"}).denied(["a"]), Unknown)


def whole() -> Plan:
    """A plan that asks every question."""
    subnets = [planned("aws:ec2/subnet:Subnet", availabilityZone="a", cidrBlock="10.0.0.0/24")]
    link = planned("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", serviceName="s", subnetIds=[None])
    group = planned("aws:eks/nodeGroup:NodeGroup", instanceTypes=["g5.xlarge"], scalingConfig={"maxSize": 1})
    rest = [planned(type_) for type_ in [*singletons.SETTINGS, "aws:ec2/eip:Eip", "aws:appautoscaling/target:Target"]]
    model = planned("aws:sagemaker/model:Model", vpcConfig={"subnets": ["subnet-1"]})
    bucket = planned(names.BUCKET, bucket="b")
    return Plan(resources=(*subnets, link, group, model, bucket, *rest), models=MODELS)


def test_an_account_that_answers_nothing_is_unknown_in_every_check_but_the_length_of_names() -> None:
    found = check(whole(), Fake())
    assert {each.status for each in found} == {"ok", "unknown"}
    assert [each.check for each in found if each.status == "ok"] == ["name"]
    assert {each.check for each in found} == {
        "quota", "service-linked role", "account setting", "zone", "instance type", "VPC endpoint service",
        "addresses", "name", "bucket name", "permission",
    }  # fmt: skip


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("unknown", 0), ("fail", 1)])
def test_the_command_ends_with_1_when_a_check_fails_and_speaks_json(
    status: Any, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding(check="quota", subject="s", status=status, detail="d", fix="f")
    monkeypatch.setattr(command, "preview", lambda stack: Plan(resources=(), models={}))
    monkeypatch.setattr(command, "check", lambda plan, account: [finding])
    for option in ([], ["--json"]):
        done = CliRunner().invoke(app, ["preflight", "dev", *option])
        assert done.exit_code == code
        assert status in done.output
    assert json.loads(done.output)[0]["fix"] == "f"


def test_a_service_linked_role_is_known_by_its_path() -> None:
    roles = [{"Path": "/aws-service-role/eks.amazonaws.com/", "RoleName": "AWSServiceRoleForAmazonEKS"}]
    assert Fake(list_roles=lambda **_: {"Roles": roles}).linked_roles() == {"eks.amazonaws.com"}


@pytest.mark.parametrize("stack", shipped.STACKS)
def test_the_actions_of_every_type_that_a_shipped_stack_declares_are_listed(stack: str) -> None:
    declared = [planned(resource.type) for resource in shipped.whole(stack).resources]
    assert permissions.unlisted(declared) == []
