"""Rules over IAM: what policies allow, whom roles trust, and what is attached to them."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.iam import attachments, grants, passing, trust

RULES: Final[tuple[Rule, ...]] = grants.RULES + passing.RULES + trust.RULES + attachments.RULES
