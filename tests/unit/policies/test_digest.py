"""A preview's JSON becomes what rules judge: what will exist, with unknown and secret values as unknown ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.declared import UNKNOWN
from policies.digest import DigestError, declared, plain, read

BUCKET = "urn:pulumi:prod::takeoff::takeoff:data:Bucket$aws:s3/bucket:Bucket::raw"
POLICY = "urn:pulumi:prod::takeoff::aws:s3/bucketPolicy:BucketPolicy::raw"
COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


def step(urn: str, op: str = "create", **inputs: Any) -> dict[str, Any]:
    return {"op": op, "urn": urn, "newState": {"urn": urn, "type": urn.split("::")[2].split("$")[-1], "inputs": inputs}}


def test_a_resource_keeps_its_name_type_parent_inputs_references_and_protection() -> None:
    shown = step(POLICY, bucket="raw", policy="{}", __defaults=[])
    shown["newState"] |= {"parent": BUCKET, "protect": True, "propertyDependencies": {"bucket": [BUCKET], "policy": []}}

    (policy,) = declared({"steps": [shown]})

    assert (policy.type, policy.name, policy.urn) == ("aws:s3/bucketPolicy:BucketPolicy", "raw", POLICY)
    assert (policy.parent, policy.protect) == (BUCKET, True)
    assert policy.props == {"bucket": "raw", "policy": "{}"}
    assert policy.refs == {"bucket": (BUCKET,)}


def test_a_resource_without_protection_or_parent_has_none() -> None:
    (bucket,) = declared({"steps": [step(BUCKET)]})

    assert (bucket.protect, bucket.parent, bucket.props, bucket.refs) == (False, "", {}, {})


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard"])
def test_what_goes_is_not_declared(op: str) -> None:
    assert [each.urn for each in declared({"steps": [step(BUCKET), step(POLICY, op)]})] == [BUCKET]


def test_a_removed_resource_has_no_new_state_and_is_not_declared() -> None:
    assert declared({"steps": [{"op": "delete", "urn": POLICY, "oldState": {}}, step(BUCKET)]})[0].urn == BUCKET


def test_a_replaced_resource_is_declared_once_and_as_it_will_be() -> None:
    steps = [step(BUCKET, "create-replacement", bucket="new"), step(BUCKET, "replace", bucket="newer")]

    assert [each.props for each in declared({"steps": steps})] == [{"bucket": "newer"}]


def test_what_only_the_deployment_knows_is_unknown_wherever_it_stands() -> None:
    (bucket,) = declared({"steps": [step(BUCKET, bucket=COMPUTED, tags={"a": [COMPUTED, "b"]})]})

    assert bucket.props == {"bucket": UNKNOWN, "tags": {"a": [UNKNOWN, "b"]}}
    assert bucket.at("bucket.more") is UNKNOWN


def test_a_secret_is_unknown_even_where_its_text_is_shown() -> None:
    shown = SECRET | {"plaintext": '"hunter2"'}

    assert plain({"a": [SECRET, shown]}) == {"a": [UNKNOWN, UNKNOWN]}


def test_an_output_is_what_it_holds_unless_it_is_secret_or_unknown() -> None:
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}

    assert plain(output | {"value": {"a": 1, "b": COMPUTED}}) == {"a": 1, "b": UNKNOWN}
    assert plain(output | {"value": "hunter2", "secret": True}) is UNKNOWN
    assert plain(output) is UNKNOWN


def test_an_asset_stays_a_mapping() -> None:
    asset = {SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "e3b0"}

    assert plain(asset) == asset


@pytest.mark.parametrize("text", ["", "Diagnostics: failed", '{"steps": [', "{}", '{"steps": []}', '{"steps": null}'])
def test_a_text_that_is_no_whole_preview_is_refused(text: str) -> None:
    with pytest.raises(DigestError, match="--show-sames"):
        read(text)


def test_a_text_that_is_one_is_read() -> None:
    assert [each.name for each in read(json.dumps({"steps": [step(BUCKET)]}))] == ["raw"]
