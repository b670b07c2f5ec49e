"""`make sabotage`: its data fit the code, its verdicts are right, and what the fast owners guard is guarded."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.local.edges import SABOTAGES
from tests.local.sabotage import UnfitError, sabotage
from tests.stacks import shipped
from tests.tree import ROOT, Tree, copy

FAST = [each for each in SABOTAGES if not each.alive]


@pytest.fixture
def trees(tmp_path: Path) -> list[Tree]:
    return [copy(tmp_path / str(number)) for number in range(2)]


def test_what_is_taken_away_stands_in_its_file_exactly_once() -> None:
    counts = {each.name: (ROOT / each.file).read_text().count(each.old) for each in SABOTAGES}
    assert {name: count for name, count in counts.items() if count != 1} == {}
    assert [each.name for each in SABOTAGES if each.old == each.new] == []
    assert len(counts) == len(SABOTAGES), "two of one name"


def test_what_is_left_is_still_python_or_json() -> None:
    for each in SABOTAGES:
        text = (ROOT / each.file).read_text().replace(each.old, each.new)
        json.loads(text) if each.file.endswith(".json") else ast.parse(text, each.name)


def test_every_owner_is_a_test_that_exists() -> None:
    for each in SABOTAGES:
        file, _, name = each.owner.partition("::")
        tests = {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}
        assert name in tests, each.owner


def test_of_every_resource_type_that_a_shipped_stack_declares_something_is_taken_away() -> None:
    resources = [resource for stack in shipped.STACKS for resource in shipped.whole(stack).resources]
    tokens = {resource.type for resource in resources if resource.type.startswith("aws:")}
    declared = {f"{token.split(':')[1].split('/')[0]}.{token.split(':')[2]}" for token in tokens}
    assert declared
    assert declared - {each.what for each in SABOTAGES} == set()


@pytest.mark.slow
def test_a_change_that_nobody_misses_is_a_survivor_and_one_that_breaks_the_owner_proves_nothing(
    trees: list[Tree],
) -> None:
    real = next(each for each in SABOTAGES if each.name == "rollback-is-a-failure")
    harmless = replace(real, new=real.old + "  # no change")
    line = "from catalog.desired import Desired, Share"
    cannot_be_imported = replace(real, old=line, new=f"{line}, Nothing")
    outcomes = [verdict.outcome for verdict in sabotage([harmless, cannot_be_imported, real], trees)]
    assert outcomes == ["survived", "broken", "killed"]


@pytest.mark.slow
def test_owners_that_fail_by_themselves_end_it(trees: list[Tree]) -> None:
    file = trees[0].root / "model_code/rollout/decide.py"
    file.write_text(file.read_text().replace("return Succeeded()", "return Wait()"))
    mine = [each for each in SABOTAGES if each.name == "outcome"]
    with pytest.raises(UnfitError, match="with nothing taken away"):
        list(sabotage(mine, trees))


@pytest.mark.slow
def test_nothing_that_a_fast_owner_guards_can_vanish_unnoticed(trees: list[Tree]) -> None:
    verdicts = list(sabotage(FAST, trees))
    assert len(verdicts) == len(FAST)
    assert [verdict for verdict in verdicts if not verdict.killed] == []
