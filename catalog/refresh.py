"""Rewrites the catalog's data files from AWS's own answers, each with the date on which that was done.

    python -m catalog.refresh hosting <cfn-lint's instancetype_enum.json>

What needs an account is `takeoff catalog refresh` (takeoff/refresh.py), which calls the same functions.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from catalog.prices import DIMENSIONS

_HERE = Path(__file__).parent
_REGION = r"(?:[A-Z]{2,4}\d?|[a-z]{2}-[a-z]+-\d)"
HOSTING, SPECS, PRICES = (_HERE / f"{name}.json" for name in ("hosting_instance_types", "instance_specs", "prices"))


def by_family(types: Iterable[str]) -> dict[str, list[str]]:
    """`ml.c5.large` … grouped as family → sizes, so that the file stays small and diffs read well."""
    families: dict[str, list[str]] = {}
    for name in sorted(types):
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "ml":
            families.setdefault(parts[1], []).append(parts[2])
    return families


def hosting(schema: Mapping[str, Any], today: datetime.date) -> str:
    """The text of hosting_instance_types.json, from cfn-lint's list of hosting instance types per region."""
    regions = {
        region: by_family(entry["enum"] if isinstance(entry, dict) else entry)
        for region, entry in schema.items()
        if region.count("-") >= 2
    }
    return f'{{\n  "dated": "{today}",\n  "regions": {{\n{_lines(regions)}\n  }}\n}}\n'


def specs(
    described: Iterable[Mapping[str, Any]],
    wanted: Iterable[str],
    transform: Iterable[str],
    old: Mapping[str, Any],
    source: str,
    today: str,
) -> str:
    """The text of instance_specs.json, from DescribeInstanceTypes; `wanted` and `transform` are SageMaker's types.

    A region describes the types that it has; the others keep what `old`, the file as it was, says of them.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
    """
    found = {one["InstanceType"]: one for one in described}
    families: dict[str, dict[str, Any]] = {}
    for family, sizes in by_family(wanted).items():
        for size in sizes:
            before = old.get("families", {}).get(family, {})
            if (one := found.get(f"{family}.{size}")) is None:
                if cell := before.get("sizes", {}).get(size):
                    families.setdefault(family, {**before, "sizes": {}})["sizes"][size] = cell
                continue
            kind, count, product = accelerators(one)
            entry = families.setdefault(family, {"accelerator": kind, "product": product, "sizes": {}})
            memory = one["MemoryInfo"]["SizeInMiB"] / 1024
            gib = int(memory) if memory == int(memory) else memory
            entry["sizes"][size] = [one["VCpuInfo"]["DefaultVCpus"], gib, count]
    head = f'{{\n  "dated": "{today}",\n  "source": {json.dumps(source)},\n'
    body = f'  "families": {{\n{_lines(families)}\n  }},\n  "transform": {{\n{_lines(by_family(transform))}\n  }}\n}}\n'
    return head + body


def accelerators(described: Mapping[str, Any]) -> tuple[str, int, str]:
    """Kind, count and product of what accelerates a type; ("none", 0, "") for a type with a CPU alone."""
    neuron = described.get("NeuronInfo", {}).get("NeuronDevices") or described.get("InferenceAcceleratorInfo", {}).get(
        "Accelerators"
    )
    devices = neuron or described.get("GpuInfo", {}).get("Gpus", [])
    if not devices:
        return "none", 0, ""
    maker = devices[0].get("Manufacturer", "AWS")
    return "neuron" if neuron else "gpu", sum(one["Count"] for one in devices), f"{maker} {devices[0]['Name']}"


def listed(products: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Dimension → USD a unit, from products of the AWS Price List API; the first tier where there are several.

    A dimension that two products price differently is left out: nobody could say which of the two is meant.
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
    """
    found: dict[str, set[float]] = {}
    for product in products:
        for name in _named(product["serviceCode"], product["product"]["attributes"].get("usagetype", "")):
            for term in product.get("terms", {}).get("OnDemand", {}).values():
                for tier in term["priceDimensions"].values():
                    usd = float(tier["pricePerUnit"].get("USD", 0))
                    if usd > 0 and float(tier.get("beginRange", 0) or 0) == _first_paid(term):
                        found.setdefault(name, set()).add(usd)
    return {name: next(iter(usd)) for name, usd in sorted(found.items()) if len(usd) == 1}


def prices(old: Mapping[str, Any], region: str, new: Mapping[str, float], today: str) -> str:
    """The text of prices.json with a region's prices from the Price List API; what it does not have stays as it was."""
    source = f"price-list-{today}-{region}"
    what = {"what": f"AWS Price List API (pricing:GetProducts), {region}", "as_of": today, "read": today}
    regions = {**old["regions"], region: {**old["regions"].get(region, {})}}
    regions[region].update({name: [usd, source] for name, usd in new.items()})
    used = {cell[1] for cells in regions.values() for cell in cells.values()}
    sources = {name: text for name, text in {**old["sources"], source: what}.items() if name in used}
    return render(sources, regions)


def render(sources: Mapping[str, Any], regions: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a source and a price, so that a change of prices reads well in a diff."""
    blocks = [
        f"    {json.dumps(region)}: {{\n"
        + ",\n".join(f"      {json.dumps(name)}: {json.dumps(cell)}" for name, cell in sorted(cells.items()))
        + "\n    }"
        for region, cells in sorted(regions.items())
    ]
    return f'{{\n  "sources": {{\n{_lines(sources)}\n  }},\n  "regions": {{\n' + ",\n".join(blocks) + "\n  }\n}\n"


def _named(service: str, usage: str) -> list[str]:
    """The dimensions that a usage type, with or without its region (USE1-, EU-, us-east-1-), is the price of."""
    ours = [dimension for dimension in DIMENSIONS if dimension.service == service and dimension.usage]
    matches = [(one, re.fullmatch(rf"(?:{_REGION}-)?(?:{one.usage})", usage)) for one in ours]
    return [
        f"{dimension.name}:{match['of']}" if "of" in match.groupdict() else dimension.name
        for dimension, match in matches
        if match
    ]


def _first_paid(term: Mapping[str, Any]) -> float:
    """Where the first tier that costs something begins."""
    paid = [t for t in term["priceDimensions"].values() if float(t["pricePerUnit"].get("USD", 0)) > 0]
    return min((float(tier.get("beginRange", 0) or 0) for tier in paid), default=0.0)


def _lines(entries: Mapping[str, Any]) -> str:
    return ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items()))


def main(what: str, source: Path, today: datetime.date) -> None:
    """Rewrite the list of hosting types. Raises SystemExit for anything else."""
    if what != "hosting":
        raise SystemExit(f"catalog.refresh: got {what!r}; allowed: hosting; the rest is `takeoff catalog refresh`")
    HOSTING.write_text(hosting(json.loads(source.read_text()), today))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), datetime.date.today())
