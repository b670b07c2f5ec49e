"""Rules over the stack as a whole: alarms that act, budgets, names, places, and what must not be lost."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.governance import alarms, budgets, logs, protection, residency, tags

RULES: Final[tuple[Rule, ...]] = (
    budgets.RULES + tags.RULES + residency.RULES + protection.RULES + logs.RULES + alarms.RULES
)
