"""Types and properties in rules and cases are those of pulumi-aws."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pytest
from pulumi._types import input_type_py_to_pulumi_names

from policies.rules import RULES
from policies.rules.governance.tags import TAGGED
from tests.unit.policies.test_cases import CASES

_FOLDERS = {"lambda": "lambda_"}  # a folder that is a word of Python
TYPES = sorted({type_ for rule in RULES for type_ in getattr(rule, "types", ()) if type_.startswith("aws:")})
# What AWS makes up by itself, which a preview of an existing resource may show among the inputs.
_COMPUTED = {"tagsAll"}


@cache
def inputs(token: str) -> frozenset[str]:
    """The inputs of a type, by the engine's names. Raises where pulumi-aws has no such type."""
    folder, name = token.removeprefix("aws:").split("/")
    class_ = name.partition(":")[2]
    resource = getattr(import_module(f"pulumi_aws.{_FOLDERS.get(folder, folder)}"), class_)
    assert resource.pulumi_type == token
    module = import_module(resource.__module__)
    # The SDK says InitArgs where Args is the name of a block of another resource.
    arguments = getattr(module, f"{class_}InitArgs", None) or getattr(module, f"{class_}Args")
    return frozenset(input_type_py_to_pulumi_names(arguments).values())


@pytest.mark.parametrize("token", TYPES)
def test_a_type_that_a_rule_names_exists(token: str) -> None:
    assert inputs(token)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_case_is_written_with_properties_that_exist(name: str) -> None:
    case = CASES[name]
    used = {(each.type, key) for each in (*case.compliant, *case.violating, *case.unknown) for key in each.props}
    wrong = [each for each in used if each[0].startswith("aws:") and each[1] not in inputs(each[0]) | _COMPUTED]
    assert wrong == []


@pytest.mark.parametrize("token", TAGGED)
def test_what_must_be_tagged_takes_tags(token: str) -> None:
    assert "tags" in inputs(token)
