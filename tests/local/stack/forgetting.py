"""What a killed `up` leaves: an account with things of which the state does not know."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from local.leftovers import Account
from local.state import REPOSITORY
from tests.local.providers.again import PARTS
from tests.local.stack.machine import Machine


def unfound(account: Machine) -> set[tuple[str, str]]:
    """Type and id of what the state has and a recovery would not find, though nobody may make it twice."""
    listed = {(each.type, each.id) for each in Account(account.state.endpoint(), account.stack).everything()}
    resources = _export(account)["deployment"]["resources"]
    known = {(r["type"], r["id"]) for r in resources if r["type"].startswith("aws:")}
    return {each for each in known - listed if each[0] not in PARTS}


def forget(account: Machine, sparing: frozenset[str]) -> set[str]:
    """Takes of each type the resource on which least rests, and that, out of the state; answers the types.

    None of the `sparing` types, and nothing on which one of those rests.
    """
    exported = _export(account)
    resources = exported["deployment"]["resources"]
    types, rest = {each["urn"]: each["type"] for each in resources}, _resting(resources)
    least: dict[str, set[str]] = {}
    for urn, type_ in types.items():
        lost = _above(urn, rest)
        if type_.startswith("aws:") and not sparing & {types[each] for each in lost}:
            least[type_] = min(least.get(type_, lost), lost, key=len)
    lost = set().union(*least.values())
    exported["deployment"]["resources"] = [each for each in resources if each["urn"] not in lost]
    subprocess.run(
        ["pulumi", "stack", "import", "--stack", account.stack],
        cwd=REPOSITORY,
        env=account.inside(),
        input=json.dumps(exported),
        text=True,
        capture_output=True,
        check=True,
    )
    (account.state.root / "up-unfinished").touch()
    return set(least)


def _export(account: Machine) -> Any:
    done = account.pulumi("stack", "export")
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
