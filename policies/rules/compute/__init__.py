"""Rules over what runs code: images, functions, builds, state machines, clusters."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.compute import builds, clusters, functions, images, nodes, plaintext

RULES: Final[tuple[Rule, ...]] = (
    images.RULES + functions.RULES + builds.RULES + plaintext.RULES + clusters.RULES + nodes.RULES
)
