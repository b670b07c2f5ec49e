"""The table holds what the shipped stacks and the accounts' own programs declare, to the last property."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pytest

from bootstrap.program import deploy as bootstrap
from local.providers.aws.binding import Binding
from local.providers.aws.check import unsent, with_name
from local.providers.aws.client import Account
from local.providers.aws.table import TABLE
from local.providers.values import UNKNOWN
from tests.deployment import Deployment, Registered, deploy
from tests.local.providers.again import PARTS
from tests.stacks import shipped

# Declared only where a stack file says so, and no shipped one does.
OPTIONAL = {
    "aws:emrserverless/application:Application": "takeoff:spark",
    "aws:lakeformation/permissions:Permissions": "takeoff:lake.readers",
}
ASSETS = (pulumi.Asset, pulumi.Archive)


def not_held(deployment: Deployment) -> Iterator[str]:
    """What the local provider would refuse: types without a row, and properties that no call carries."""
    account = Account("http://127.0.0.1:9")
    for resource in deployment.resources:
        if not resource.type.startswith("aws:"):
            continue
        if resource.type not in TABLE:
            yield f"{resource.name}: no row for {resource.type}"
            continue
        yield from (f"{resource.name}: {said}" for said in _unsent(Binding(TABLE[resource.type], account), resource))


def _unsent(binding: Binding, resource: Registered) -> list[str]:
    given = {name: UNKNOWN if isinstance(value, ASSETS) else value for name, value in resource.inputs.items()}
    return unsent(binding, with_name(binding.row, given, {}, resource.name, b""))


@pytest.mark.parametrize("stack", shipped.STACKS)
def test_every_property_that_a_shipped_stack_declares_reaches_the_account(stack: str) -> None:
    assert list(not_held(shipped.whole(stack))) == []


@pytest.mark.parametrize("stack", shipped.STACKS)
def test_no_part_of_another_resource_is_named_by_chance(stack: str) -> None:
    """Made again after a kill, it would have another name, and the first would stay beside it."""
    parts = [(each, TABLE[each.type].autoname) for each in shipped.whole(stack).resources if each.type in PARTS]
    assert len(parts) > 5
    assert [each.urn for each, auto in parts if auto and auto.property not in each.inputs] == []


def test_every_property_that_an_account_is_prepared_with_reaches_the_account() -> None:
    prepared = deploy(bootstrap, stack="sandbox", config={"takeoff-bootstrap:repository": "example/takeoff"})
    assert list(not_held(prepared)) == []


def test_no_row_is_there_for_nothing() -> None:
    declared = {resource.type for stack in shipped.STACKS for resource in shipped.whole(stack).resources}
    prepared = deploy(bootstrap, stack="sandbox", config={"takeoff-bootstrap:repository": "example/takeoff"})
    assert TABLE.keys() - declared - {resource.type for resource in prepared.resources} == set(OPTIONAL)
