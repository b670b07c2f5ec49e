"""What an EC2 instance costs an hour, from one dated table of one region."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """Where the prices stand: the day on which AWS gave them, their region, and the file that recorded them."""

    dated: str
    region: str
    source: str


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_DATA.read_text())
    return found


def table() -> PriceTable:
    """Which prices these are; every figure that rests on them says so."""
    return PriceTable(dated=_data()["dated"], region=_data()["region"], source=_data()["source"])


def hourly(instance_type: str) -> float | None:
    """US dollars for an hour of a type (`c7i.large`) on demand, on Linux; None for one that the table does not have.

    Spot prices are a market's and are in no table.
    """
    family, _, size = instance_type.partition(".")
    price: float | None = _data()["usd_per_hour"].get(family, {}).get(size)
    return price
