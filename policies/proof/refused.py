"""Which mutants pulumi-aws would refuse: those without a required input."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from policies.proof.mutant import Mutant

FILE = Path(__file__).with_name("required.json")


def refused(mutant: Mutant) -> bool:
    """Whether the SDK has no such resource: an input is gone that its Args ask for."""
    return mutant.drops and re.sub(r"\[\d+\]", "[*]", mutant.path) in required(mutant.type)


def required(type_: str) -> frozenset[str]:
    """The inputs that a type cannot do without, deeper ones as `rules[*].id`; none for a type that nothing mutates."""
    return _required().get(type_, frozenset())


@cache
def _required() -> Mapping[str, frozenset[str]]:
    return {type_: frozenset(paths) for type_, paths in json.loads(FILE.read_text()).items()}
