"""Every row of the table lives a whole life: create, no change, update, change by others, replace, delete."""

from __future__ import annotations

import importlib
import keyword

import pytest
from pulumi._types import resource_types
from pulumi.runtime import rpc

from local.providers.aws import served_rows
from local.providers.aws.table import TABLE
from local.providers.values import UNKNOWN, Properties, encode
from local.state import ACCOUNT, REGION
from tests.local.cloud.emulated import Cloud
from tests.local.providers.again import PARTS
from tests.local.providers.cases import CASES
from tests.local.providers.life import Life
from tests.local.providers.plugin import Plugin, RefusedError


@pytest.fixture(params=sorted(TABLE), ids=lambda token: token.rpartition(":")[2])
def life(request: pytest.FixtureRequest, cloud: Cloud, plugin: Plugin) -> Life:
    assert request.param in CASES, f"{request.param} has no case in cases.py"
    return Life(request.param, cloud, plugin)


def test_a_created_resource_is_in_the_account_and_shows_no_change(life: Life) -> None:
    resource = life.create()
    life.assert_seen(resource)
    again = life.checked(olds=resource.inputs)
    assert not life.plugin.diff(life.token, resource, again).diffs
    refreshed = life.refreshed(resource)
    assert refreshed.inputs == resource.inputs
    assert refreshed.state == resource.state
    assert not life.plugin.diff(life.token, refreshed, again).diffs


def test_the_sdk_reads_what_the_provider_answers(life: Life) -> None:
    """A program ends at an output of another shape than its class declares, though nobody uses it."""
    _, place, name = life.token.split(":")
    module = place.partition("/")[0]
    declared = importlib.import_module(f"pulumi_aws.{module}{'_' * keyword.iskeyword(module)}")
    types = resource_types(getattr(declared, name))
    for output, value in rpc.deserialize_properties(encode(life.create().state)).items():
        rpc.translate_output_properties(value, str, types.get(output), transform_using_type_metadata=True)


@pytest.mark.parametrize("token", sorted(PARTS))
def test_a_part_that_is_made_again_is_the_one_that_is_there(token: str, cloud: Cloud, plugin: Plugin) -> None:
    life = Life(token, cloud, plugin)
    inputs = life.checked()
    assert plugin.create(token, inputs).id == plugin.create(token, inputs).id


def test_a_preview_knows_what_the_program_said_and_nothing_that_aws_will_say(life: Life) -> None:
    inputs = life.checked()
    planned = life.plugin.create(life.token, inputs, preview=True).state
    for path in TABLE[life.token].inner:
        first, _, member = path.partition(".")
        assert planned[first].pop(member) is UNKNOWN
    assert {name: planned[name] for name in inputs if name != "__defaults"} == {
        name: value for name, value in inputs.items() if name != "__defaults"
    }
    assert all(planned[name] is UNKNOWN for name in TABLE[life.token].outputs)


def test_a_change_in_place_reaches_the_account(life: Life) -> None:
    resource = life.create()
    tags = {"tags": {"team": "b"}} if TABLE[life.token].tagging else {}
    news = life.checked(life.case.changed, tags, olds=resource.inputs)
    diff = life.plugin.diff(life.token, resource, news)
    assert set(diff.diffs) == life.case.changed.keys() | tags.keys()
    assert not diff.replaces
    changed = life.plugin.update(life.token, resource, news)
    life.assert_seen(changed)
    if tags:
        assert changed.state["tagsAll"] == {"owner": "tests", "team": "b"}
    assert life.refreshed(changed).inputs == news
    assert not life.plugin.diff(life.token, changed, news).diffs


@pytest.mark.parametrize("token", sorted(token for token, case in CASES.items() if case.removed))
def test_a_property_taken_out_of_the_program_is_taken_out_of_the_account(
    token: str, cloud: Cloud, plugin: Plugin
) -> None:
    life = Life(token, cloud, plugin)
    resource, name = life.create(), life.case.removed
    seen = life.case.seen[name]
    assert seen(life.api, resource.state | {"id": resource.id}) == resource.inputs[name]
    news = {key: value for key, value in resource.inputs.items() if key != name}
    assert set(plugin.diff(token, resource, news).diffs) == {name}
    changed = plugin.update(token, resource, news)
    assert not seen(life.api, changed.state | {"id": changed.id})
    assert life.refreshed(changed).inputs == news


def test_a_steering_property_changes_the_state_and_nothing_else(life: Life) -> None:
    if not life.case.unsent:
        assert not TABLE[life.token].local - {"forceDestroy", "skipDestroy", "sourceCodeHash"}
        return
    resource = life.create()
    news = life.checked(life.case.unsent, olds=resource.inputs)
    assert set(life.plugin.diff(life.token, resource, news).diffs) == life.case.unsent.keys()
    changed = life.plugin.update(life.token, resource, news)
    assert {name: changed.state[name] for name in life.case.unsent} == life.case.unsent
    assert life.refreshed(changed).inputs == news


def test_refresh_sees_what_others_changed(life: Life) -> None:
    if life.case.elsewhere is None:
        return
    resource = life.create()
    news = life.checked(life.case.changed, olds=resource.inputs)
    changed = life.plugin.update(life.token, resource, news)
    life.case.elsewhere(life.api, changed.state | {"id": changed.id})
    refreshed = life.refreshed(changed)
    assert life.case.drifts in {path.split(".")[0].split("[")[0] for path in _differing(refreshed.inputs, news)}
    assert life.case.drifts in life.plugin.diff(life.token, refreshed, news).diffs
    if life.replaces(refreshed, news):
        life.plugin.delete(life.token, refreshed)
        repaired = life.plugin.create(life.token, news)
    else:
        repaired = life.plugin.update(life.token, refreshed, news)
    life.assert_seen(repaired)
    assert life.refreshed(repaired).inputs == news


def test_refresh_sees_what_others_deleted_and_delete_then_succeeds(life: Life) -> None:
    resource = life.create()
    life.case.deleted(life.api, resource.state | {"id": resource.id})
    assert life.plugin.read(life.token, resource.id, resource) is None
    life.plugin.delete(life.token, resource)


def test_delete_removes_it_from_the_account_twice(life: Life) -> None:
    resource = life.create()
    life.plugin.delete(life.token, resource)
    found = life.plugin.read(life.token, resource.id, resource)
    assert (found is not None) == life.case.stays
    life.plugin.delete(life.token, resource)


def test_what_the_official_plugin_replaces_is_replaced(life: Life) -> None:
    resource = life.create()
    news = {**resource.inputs, **life.fill(life.case.replaced)}
    replaces = life.replaces(resource, news)
    assert {path.split(".")[0].split("[")[0] for path in replaces} == life.case.replaced.keys()


def test_an_existing_resource_can_be_imported_without_a_change(life: Life) -> None:
    resource, row = life.create(), TABLE[life.token]
    if "{hash}" in row.id:
        with pytest.raises(RefusedError, match="cannot be imported"):
            life.plugin.read(life.token, resource.id)
        return
    named = {**resource.state, "account": ACCOUNT, "region": REGION}
    imported = life.plugin.read(life.token, row.imported.format_map(named) if row.imported else resource.id)
    assert imported is not None
    assert imported.id == resource.id
    wanted = life.checked(olds=imported.inputs)
    changed = set(life.plugin.diff(life.token, imported, wanted).diffs)
    assert changed <= row.unread | row.local | {row.autoname.property if row.autoname else ""}


def test_no_case_is_left_over() -> None:
    assert CASES.keys() == TABLE.keys()
    assert served_rows() == [(token, TABLE[token].served_by) for token in sorted(TABLE)]


def _differing(left: Properties, right: Properties) -> set[str]:
    return {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
