"""Rules on jobs that read data by themselves: monitors of all four kinds, training, and what state machines start."""

from __future__ import annotations

from typing import Final

from policies.rule import Rule
from policies.rules.sagemaker_monitoring import jobs, monitors

RULES: Final[tuple[Rule, ...]] = monitors.RULES + jobs.RULES
