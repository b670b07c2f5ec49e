"""The rules see every mutant of shipped prod and of its sibling that is not held out, and nothing in the stacks."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from policies.configuration import environment
from policies.proof.__main__ import SEED
from policies.proof.operators import mutants
from policies.proof.trial import Proof, proof
from tests.unit.policies.shipped import declared

TODAY = date(2026, 11, 23)


STACKS = ("prod", "prod-apps")


@cache
def tried(stack: str) -> Proof:
    """One mutant in five is left to `make policy-proof`, so that no rule is written against what judges it."""
    twin = declared(stack)
    shown = [each for each in mutants(twin) if not each.held_out(SEED)]
    return proof(twin, shown, environment(stack), TODAY, seed=SEED)


@pytest.mark.parametrize("stack", STACKS)
def test_no_rule_finds_fault_with_the_shipped_stack(stack: str) -> None:
    assert tried(stack).false == ()


@pytest.mark.parametrize(("stack", "killed"), [("prod", 1000), ("prod-apps", 80)])
def test_no_mutant_survives(stack: str, killed: int) -> None:
    found = tried(stack)

    assert [f"{each.mutant.id} <- {' or '.join(each.mutant.controls)}" for each in found.of("survived")] == []
    assert len(found.of("killed")) > killed


@pytest.mark.parametrize("stack", STACKS)
def test_few_mutants_are_equivalent_and_no_rule_sees_those(stack: str) -> None:
    assert tried(stack).seen == ()
    assert tried(stack).share < 0.05
