"""Rules on what serves predictions: models, endpoint configs and shadow tests."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.sagemaker_hosting import configs, models

RULES: Final[tuple[Rule, ...]] = configs.RULES + models.RULES
