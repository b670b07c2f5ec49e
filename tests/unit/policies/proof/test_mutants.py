"""The rules see every mutant of the shipped prod stack that is not held out, and nothing in the stack itself."""

from __future__ import annotations

from datetime import date
from functools import cache

from policies.configuration import environment
from policies.proof.__main__ import SEED
from policies.proof.operators import mutants
from policies.proof.trial import Proof, proof
from tests.unit.policies.shipped import declared

TODAY = date(2026, 11, 23)


@cache
def tried() -> Proof:
    """One mutant in five is left to `make policy-proof`, so that no rule is written against what judges it."""
    twin = declared("prod")
    shown = [each for each in mutants(twin) if not each.held_out(SEED)]
    return proof(twin, shown, environment("prod"), TODAY, seed=SEED)


def test_no_rule_finds_fault_with_the_shipped_stack() -> None:
    assert tried().false == ()


def test_no_mutant_survives() -> None:
    found = tried()

    assert [f"{each.mutant.id} <- {' or '.join(each.mutant.controls)}" for each in found.of("survived")] == []
    assert len(found.of("killed")) > 1000


def test_few_mutants_are_equivalent_and_no_rule_sees_those() -> None:
    assert tried().seen == ()
    assert tried().share < 0.05
