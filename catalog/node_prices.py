"""What an hour of a node costs, on demand or as spot: from dated tables of one region, and never a guess."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from catalog.ec2_prices import hourly, table

Purchase = Literal["on-demand", "spot"]
_SPOT = Path(__file__).with_name("spot_prices.json")


@cache
def _spot() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_SPOT.read_text())
    return found


def node_price(instance_type: str, purchase: Purchase, region: str) -> Decimal | None:
    """US dollars for an hour of a type (`m7i.large`) on Linux; None where no table says so, or of another region.

    Spot prices move by the hour and differ by zone: theirs are an example of their order (spot_prices.json says whose),
    the lowest of the region's zones at one time.
    """
    if purchase == "spot":
        family, _, size = instance_type.partition(".")
        usd = _spot()["usd_per_hour"].get(family, {}).get(size) if region == _spot()["region"] else None
    else:
        usd = hourly(instance_type) if region == table().region else None
    return None if usd is None else Decimal(str(usd))
