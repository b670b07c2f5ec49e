"""Rules on how much is asked for: GPUs in all, types that a region has, counts that scaling may fall and grow to."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.capacity import gpus, instances

RULES: Final[tuple[Rule, ...]] = gpus.RULES + instances.RULES
