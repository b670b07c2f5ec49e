"""Every rule, by the files and packages that hold them."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules import (
    capacity,
    compute,
    features,
    governance,
    iam,
    keys,
    loop,
    messaging,
    network,
    pods,
    releases,
    s3,
    sagemaker_hosting,
    sagemaker_monitoring,
    sagemaker_workspaces,
)

MODULES: Final = (
    sagemaker_hosting,
    sagemaker_monitoring,
    sagemaker_workspaces,
    features,
    releases,
    loop,
    capacity,
    pods,
    s3,
    keys,
    iam,
    network,
    compute,
    messaging,
    governance,
)

RULES: Final[tuple[Rule, ...]] = tuple(rule for module in MODULES for rule in module.RULES)
