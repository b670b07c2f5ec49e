"""Values across the wire, names and tags of a resource, bytes of an archive, and what data sources answer."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from local.providers.aws.archive import content
from local.providers.aws.shapes import camel, find
from local.providers.values import UNKNOWN, decode, encode, has_unknown
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import policy, trust
from tests.local.providers.cases import archive
from tests.local.providers.plugin import Plugin

PARAMETER, ROLE = "aws:ssm/parameter:Parameter", "aws:iam/role:Role"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


def test_values_come_back_as_they_went() -> None:
    values = {"s": "x", "i": 1, "f": 1.5, "b": True, "n": None, "l": [1, {"a": UNKNOWN}], "o": {"p": {"q": []}}}
    assert decode(encode(values)) == (values, frozenset())
    assert has_unknown(values)
    assert not has_unknown({"a": ["b", {"c": 1}]})


def test_a_secret_at_any_depth_marks_its_property() -> None:
    wire = encode({"plain": 1, "secret": {"deep": ["x"]}}, ("secret",))
    assert decode(wire) == ({"plain": 1, "secret": {"deep": ["x"]}}, frozenset({"secret"}))
    nested = encode({"outer": {"inner": {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "x"}}})
    assert decode(nested) == ({"outer": {"inner": "x"}}, frozenset({"outer"}))


@pytest.mark.parametrize(
    ("member", "name"),
    [("KMSMasterKeyID", "kmsMasterKeyId"), ("VpcConfig", "vpcConfig"), ("retentionInDays", "retentionInDays")],
)
def test_members_are_spelt_as_pulumi_spells_them(member: str, name: str) -> None:
    assert camel(member) == name


def test_a_member_is_found_by_name_whatever_its_case_and_number() -> None:
    members = ["Rules", "SSEAlgorithm", "FileSystemConfigs", "Alias", "Aliases"]
    assert [find(members, name) for name in ("rule", "sseAlgorithm", "fileSystemConfig", "alias", "other")] == [
        "Rules",
        "SSEAlgorithm",
        "FileSystemConfigs",
        "Alias",
        None,
    ]


def test_an_archive_is_the_same_bytes_whatever_the_order_and_the_time(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "inner.py").write_text("inner")
    asset = archive("text")["assets"]["main.py"]
    folder = {_SIGNATURE: _ARCHIVE, "path": str(tmp_path / "pack")}
    one = content({_SIGNATURE: _ARCHIVE, "assets": {"a.py": asset, "lib": folder}})
    (tmp_path / "pack" / "inner.py").touch()
    two = content({_SIGNATURE: _ARCHIVE, "assets": {"lib": folder, "a.py": asset}})
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as file:
        assert {name: file.read(name) for name in file.namelist()} == {"a.py": b"text", "lib/inner.py": b"inner"}


def test_nothing_is_fetched_by_uri() -> None:
    with pytest.raises(ValueError, match="fetches nothing by URI"):
        content({_SIGNATURE: _ARCHIVE, "uri": "https://elsewhere.invalid/code.zip"})


def test_a_name_is_made_once_and_kept(plugin: Plugin) -> None:
    inputs = {"assumeRolePolicy": trust("lambda.amazonaws.com")}
    first, _ = plugin.check(ROLE, inputs)
    assert first["name"].startswith("thing-")
    assert len(first["name"]) == len("thing-") + 7
    plugin.seed = b"another"
    assert plugin.check(ROLE, inputs, first)[0]["name"] == first["name"]
    assert plugin.check(ROLE, inputs)[0]["name"] != first["name"]
    assert plugin.check(ROLE, inputs | {"name": "mine"}, first)[0]["name"] == "mine"


def test_a_secret_parameter_is_secret_in_the_state_and_an_insecure_one_is_not(plugin: Plugin, cloud: Cloud) -> None:
    name = f"/values/{next(cloud.names)}"
    made = plugin.create(PARAMETER, {"name": name, "type": "String", "value": "x"})
    assert decode(made.wire)[1] == {"value"}
    open_ = plugin.create(PARAMETER, {"name": f"{name}/open", "type": "String", "insecureValue": "y"})
    assert decode(open_.wire)[1] == frozenset()
    assert open_.state["insecureValue"] == "y"
    refreshed = plugin.read(PARAMETER, open_.id, open_)
    assert refreshed is not None
    assert refreshed.inputs == open_.inputs | {"__defaults": []}


def test_default_tags_lie_under_the_programs_own(plugin: Plugin, cloud: Cloud) -> None:
    inputs = {"name": f"role-{next(cloud.names)}", "assumeRolePolicy": trust("lambda.amazonaws.com")}
    role = plugin.create(ROLE, inputs | {"tags": {"team": "a"}})
    assert role.state["tags"] == {"team": "a"}
    assert role.state["tagsAll"] == {"owner": "tests", "team": "a"}
    plugin.provider._default_tags = {"owner": "others"}
    diff = plugin.diff(ROLE, role, inputs | {"tags": {"team": "a"}})
    assert list(diff.diffs) == ["tagsAll"]
    plugin.update(ROLE, role, inputs | {"tags": {"owner": "mine"}})
    tags = cloud.client("iam").list_role_tags(RoleName=role.id)["Tags"]
    assert tags == [{"Key": "owner", "Value": "mine"}]


def test_parameters_are_found_by_path_over_pages_and_their_values_are_secret(plugin: Plugin, cloud: Cloud) -> None:
    path, ssm = f"/values/{next(cloud.names)}", cloud.client("ssm")
    function = "aws:ssm/getParametersByPath:getParametersByPath"
    empty, _ = plugin.invoke(function, path=path, recursive=True)
    assert empty["names"] == empty["values"] == []
    for number in range(23):  # a page holds ten
        ssm.put_parameter(Name=f"{path}/deep/{number:02}", Value=f"v{number}", Type="String")
    found, secrets = plugin.invoke(function, path=path, recursive=True)
    assert found["names"] == [f"{path}/deep/{number:02}" for number in range(23)]
    assert found["values"][:2] == ["v0", "v1"]
    assert secrets == {"values"}
    assert plugin.invoke(function, path=path)[0]["names"] == []


def test_the_program_learns_where_it_is(plugin: Plugin) -> None:
    assert plugin.invoke("aws:index/getCallerIdentity:getCallerIdentity")[0]["accountId"] == "123456789012"
    assert plugin.invoke("aws:index/getRegion:getRegion")[0]["region"] == "us-east-1"
    assert plugin.invoke("aws:index/getPartition:getPartition")[0]["partition"] == "aws"
    ordinary = [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    zones, _ = plugin.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available", filters=ordinary)
    assert zones["names"][:3] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert zones["zoneIds"][0].startswith("use1-az")
    fewer, _ = plugin.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", excludeNames=["us-east-1a"])
    assert fewer["names"] == zones["names"][1:]


def test_a_policy_changes_more_often_than_aws_keeps_versions(plugin: Plugin, cloud: Cloud) -> None:
    token, plugin.seed = "aws:iam/policy:Policy", str(next(cloud.names)).encode()
    inputs, _ = plugin.check(token, {"policy": policy("s3:Get0")})
    made = plugin.create(token, inputs)
    for number in range(1, 8):
        made = plugin.update(token, made, {**inputs, "policy": policy(f"s3:Get{number}")})
    versions = cloud.client("iam").list_policy_versions(PolicyArn=made.id)["Versions"]
    assert len(versions) == 5
    assert made.state["policy"] == policy("s3:Get7")
    plugin.delete(token, made)
    assert plugin.read(token, made.id, made) is None
