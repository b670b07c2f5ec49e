"""Rules on SageMaker name types that pulumi-aws has: a rule on a misspelt one would never find anything."""

from __future__ import annotations

import importlib
import re

import pytest

from policies import endpoints, events, parameters
from policies.rules import (
    capacity,
    features,
    loop,
    releases,
    sagemaker_hosting,
    sagemaker_monitoring,
    sagemaker_workspaces,
)

_MODULES = (capacity, features, loop, releases, sagemaker_hosting, sagemaker_monitoring, sagemaker_workspaces)
_RULES = [rule for module in _MODULES for rule in module.RULES]
TOKENS = {token for rule in _RULES for token in rule.types}
TOKENS |= {parameters.PARAMETER, endpoints.TOPIC, endpoints.SUBSCRIPTION, events.RULE, events.TARGET}
OWN = sorted(token for token in TOKENS if token.startswith("aws:"))


@pytest.mark.parametrize("token", OWN)
def test_a_type_of_pulumi_aws_is_one_of_its_classes(token: str) -> None:
    package, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()  # type: ignore[union-attr]
    assert getattr(importlib.import_module(f"pulumi_aws.{package}"), name).pulumi_type == token
