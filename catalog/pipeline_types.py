"""The instance types that every job of a training pipeline may have: its gates are processing jobs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("pipeline_types.json")


@cache
def pipeline_types() -> frozenset[str]:
    """The types of processing jobs, as SageMaker's API model lists them; each can train, too. No region's list."""
    families: dict[str, list[str]] = json.loads(_DATA.read_text())["processing"]
    return frozenset(f"ml.{family}.{size}" for family, sizes in families.items() for size in sizes)
