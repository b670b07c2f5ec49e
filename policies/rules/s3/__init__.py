"""Rules over S3 buckets: who reaches them, and how their objects are kept."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.s3 import access, grants, keeping, leftovers, retention

RULES: Final[tuple[Rule, ...]] = access.RULES + grants.RULES + keeping.RULES + retention.RULES + leftovers.RULES
