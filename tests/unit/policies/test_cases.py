"""Every rule has a case that keeps it, one that breaks it and one that leaves it open, and judges them so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import policies.rules
from policies.configuration import configuration, environment
from policies.declared import Declared, Graph
from policies.judge import Finding, judge, judged
from policies.rule import ResourceRule, Rule
from policies.rules import MODULES, RULES
from tests.stacks.shipped import STACKS, clustered
from tests.unit.policies.case import Case
from tests.unit.policies.shipped import declared

TODAY = date(2026, 11, 1)
KEBAB = r"[a-z0-9]+(-[a-z0-9]+)*"
HERE = Path(__file__).parent
CASES: dict[str, Case] = {}
for path in sorted((HERE / "cases").rglob("[!_]*.py")):
    module = ".".join(path.relative_to(HERE).with_suffix("").parts)
    CASES |= getattr(import_module(f"tests.unit.policies.{module}"), "CASES", {})


@pytest.fixture(params=RULES, ids=lambda rule: rule.name)
def rule(request: pytest.FixtureRequest) -> Rule:
    found: Rule = request.param
    return found


@pytest.fixture
def case(rule: Rule) -> Case:
    assert rule.name in CASES, f"{rule.name} has no case; write one in tests/unit/policies/cases"
    return CASES[rule.name]


def findings(rule: Rule, resources: Sequence[Declared], case: Case) -> list[list[Finding]]:
    """What the rule finds in each resource by itself, or in the stack that they are."""
    config = configuration({rule.name: dict(case.settings)}, {rule.name: rule.settings})
    # The engine hands one resource over without its references: a rule over it must do without them.
    stacks = [[replace(each, refs={})] for each in resources] if isinstance(rule, ResourceRule) else [list(resources)]
    return [judged(Graph(stack), config, TODAY, [rule]) for stack in stacks]


def test_what_keeps_a_rule_is_not_found(rule: Rule, case: Case) -> None:
    assert case.compliant, "a rule without a compliant case may find everything"
    assert [f.message for found in findings(rule, case.compliant, case) for f in found] == []


def test_what_breaks_a_rule_is_found_with_its_fix(rule: Rule, case: Case) -> None:
    assert case.violating
    for found in findings(rule, case.violating, case):
        assert {finding.kind for finding in found} == {"violation"}
        for finding in found:
            assert finding.message.startswith(rule.control)
            assert rule.fix in finding.message
            assert finding.urn in {resource.urn for resource in case.violating}


def test_what_is_not_known_yet_is_open_or_fine(rule: Rule, case: Case) -> None:
    assert case.unknown
    wanted = {"unknown": {"unknown"}, "fine": set()}[case.unknown_is]
    for found in findings(rule, case.unknown, case):
        assert {finding.kind for finding in found} == wanted


@pytest.mark.parametrize("rule", [each for each in RULES if isinstance(each, ResourceRule)], ids=lambda rule: rule.name)
def test_a_rule_over_one_resource_judges_every_type_that_it_names(rule: ResourceRule) -> None:
    case = CASES[rule.name]
    assert {each.type for each in (*case.compliant, *case.violating)} == set(rule.types)


def test_a_rule_says_what_reviewers_need(rule: Rule) -> None:
    assert re.fullmatch(KEBAB, rule.name), rule.name
    assert rule.name.startswith(rule.control.lower().replace(".", "-") + "-"), rule.name
    assert rule.source.startswith("https://")
    assert all((rule.title, rule.allowed, rule.fix, rule.frameworks))
    assert "\n" not in rule.message("name", "got")


def test_no_case_is_of_a_rule_that_is_gone() -> None:
    assert set(CASES) <= {rule.name for rule in RULES}


def test_no_two_rules_have_a_name() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(set(names)) == sorted(names)


def test_every_file_of_rules_is_judged() -> None:
    names = {found.name for found in iter_modules(policies.rules.__path__)}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == names


@pytest.mark.parametrize("stack", [*STACKS, *(f"{stack}-apps" for stack in STACKS if clustered(stack))])
def test_no_shipped_stack_breaks_a_rule_under_its_environment(stack: str) -> None:
    found = judge(declared(stack), environment(stack), TODAY)
    # An exemption without a resource is one for nothing, which goes with what it excused.
    assert [each.message for each in found if each.kind != "exempt" or not each.resource] == []
