"""Rules over what runs in a cluster: where pods land, what they may, what is around them, and how far pools grow."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.pods import containers, namespaces, placement, pools

RULES: Final[tuple[Rule, ...]] = placement.RULES + containers.RULES + namespaces.RULES + pools.RULES
