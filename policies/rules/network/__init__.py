"""Rules over networks: what is open, what stays inside, and what is logged."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.network import groups, inside, networks, private

RULES: Final[tuple[Rule, ...]] = networks.RULES + groups.RULES + inside.RULES + private.RULES
