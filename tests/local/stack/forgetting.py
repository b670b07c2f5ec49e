"""What a killed `up` leaves: an account with things of which the state does not know."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from local.cluster.api import Api
from local.cluster.layout import Layout
from local.leftovers import Account, objects
from local.stack import APPS
from local.state import REPOSITORY
from tests.local.providers.again import PARTS
from tests.local.stack.machine import Machine

REAL = ("aws:", "kubernetes:")  # neither components nor providers


def unfound(account: Machine) -> set[tuple[str, str]]:
    """Type and id of what the state has and a recovery would not find, though nobody may make it twice."""
    listed = {(each.type, each.id) for each in Account(account.state.endpoint(), account.stack).everything()}
    return {each for each in _known(account, account.stack) - listed if each[0] not in PARTS}


def unfound_objects(account: Machine) -> set[tuple[str, str]]:
    """The same of what runs in the stack's cluster."""
    found = objects(Api(Layout.of(account.state).kubeconfig), account.stack)
    return _known(account, f"{account.stack}{APPS}") - {(each.type, each.id) for each in found}


def forget(account: Machine, suffix: str = "", sparing: frozenset[str] = frozenset()) -> set[str]:
    """Takes of each type the resource on which least rests, and that, out of a state; answers the types.

    The state is the stack's, or with `suffix` its sibling's. None of the `sparing` types goes, and nothing on which one
    of those rests.
    """
    stack = f"{account.stack}{suffix}"
    exported = _export(account, stack)
    resources = exported["deployment"]["resources"]
    types, rest = {each["urn"]: each["type"] for each in resources}, _resting(resources)
    least: dict[str, set[str]] = {}
    for urn, type_ in types.items():
        lost = _above(urn, rest)
        if type_.startswith(REAL) and not sparing & {types[each] for each in lost}:
            least[type_] = min(least.get(type_, lost), lost, key=len)
    lost = set().union(*least.values())
    exported["deployment"]["resources"] = [each for each in resources if each["urn"] not in lost]
    subprocess.run(
        ["pulumi", "stack", "import", "--stack", stack],
        cwd=REPOSITORY,
        env=account.inside(),
        input=json.dumps(exported),
        text=True,
        capture_output=True,
        check=True,
    )
    (account.state.root / f"up-unfinished{suffix}").touch()
    return set(least)


def _known(account: Machine, stack: str) -> set[tuple[str, str]]:
    resources = _export(account, stack)["deployment"]["resources"]
    return {(r["type"], r["id"]) for r in resources if r["type"].startswith(REAL)}


def _export(account: Machine, stack: str) -> Any:
    done = account.pulumi("stack", "export", "--stack", stack)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _resting(resources: Sequence[Mapping[str, Any]]) -> Mapping[str, set[str]]:
    """By URN, what names it: as parent, in its properties or otherwise."""
    rest: dict[str, set[str]] = defaultdict(set)
    for each in resources:
        named = {each.get("parent"), each.get("deletedWith"), *each.get("dependencies", ())}
        for urn in named.union(*each.get("propertyDependencies", {}).values()) - {None}:
            rest[urn].add(each["urn"])
    return rest


def _above(urn: str, rest: Mapping[str, set[str]]) -> set[str]:
    """It and all that rests on it."""
    found: set[str] = set()
    todo = [urn]
    while todo:
        if (each := todo.pop()) not in found:
            found.add(each)
            todo += rest.get(each, ())
    return found
