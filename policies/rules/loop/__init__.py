"""Rules on what keeps a model fit by itself: that it is looked at, that findings are heard, that drift retrains it."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.loop import findings, looks, retraining

RULES: Final[tuple[Rule, ...]] = findings.RULES + looks.RULES + retraining.RULES
