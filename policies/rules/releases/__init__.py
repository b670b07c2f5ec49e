"""Rules on how a model reaches users and what is heard of it: return, approval, alarms, the card."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.releases import alarms, approval, cards, metrics, rollback

RULES: Final[tuple[Rule, ...]] = rollback.RULES + approval.RULES + cards.RULES + alarms.RULES + metrics.RULES
