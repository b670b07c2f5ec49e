"""docs/controls.md: fresh, whole, and true of the cases that it names."""

from __future__ import annotations

import json
import re

import pytest

from policies import reference
from policies.rule import AI, FSBP, OWN, TAGGING, Rule
from policies.rules import MODULES, RULES
from tests.tree import ROOT

DOCUMENT = reference.document()


def test_the_file_is_as_python_m_policies_reference_writes_it() -> None:
    assert reference.FILE.read_text() == DOCUMENT, "run `python -m policies.reference`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_row_in_each_of_its_standards(rule: Rule) -> None:
    assert set(rule.frameworks) <= {AI, FSBP, TAGGING, OWN}
    assert DOCUMENT.count(f"| `{rule.name}` | {rule.severity} |") == len(rule.frameworks)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_cases_that_a_row_names_are_there(module: object) -> None:
    name = str(getattr(module, "__name__", "")).rpartition(".")[2]
    (path,) = set(re.findall(rf"\[{name}\]\(\.\./(\S+)\)", DOCUMENT))
    assert (ROOT / path).exists()


def test_every_control_of_the_ai_standard_for_sagemaker_has_a_rule() -> None:
    judged = {rule.control for rule in RULES if AI in rule.frameworks}
    tagging = {rule.control for rule in RULES if TAGGING in rule.frameworks}
    assert tagging == {"SageMaker.6", "SageMaker.7"}
    assert {f"SageMaker.{number}" for number in range(1, 26)} - tagging <= judged


def test_a_control_is_judged_or_has_a_reason_and_never_both() -> None:
    assert set(reference.NOT_JUDGED) & {rule.control for rule in RULES} == set()
    assert all(re.fullmatch(r"\w+\.\d+", control) for control in reference.NOT_JUDGED)


def test_controls_are_sorted_by_number_and_not_by_text() -> None:
    assert sorted(["S3.13", "S3.5", "KMS.3"], key=reference.natural) == ["KMS.3", "S3.5", "S3.13"]


def test_every_rule_of_an_environment_is_in_the_table() -> None:
    for path in (ROOT / "policies/environments").glob("*.json"):
        names = set(json.loads(path.read_text())) - {"all"}
        assert all(f"`{name}`" in DOCUMENT or name.startswith("remedy-") for name in names)
