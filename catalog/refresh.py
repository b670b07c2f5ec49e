"""Rewrites the catalog's data from AWS's published schemas: python -m catalog.refresh <instancetype_enum.json>."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path


def by_family(types: list[str]) -> dict[str, list[str]]:
    """`ml.c5.large` … grouped as family → sizes, so that the file stays small and diffs read well."""
    families: dict[str, list[str]] = {}
    for name in sorted(types):
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "ml":
            families.setdefault(parts[1], []).append(parts[2])
    return families


def main(source: Path, target: Path, today: datetime.date) -> None:
    """Read cfn-lint's list of hosting instance types per region and write ours."""
    regions = {
        region: by_family(entry["enum"] if isinstance(entry, dict) else entry)
        for region, entry in json.loads(source.read_text()).items()
        if region.count("-") >= 2
    }
    lines = ",\n".join(f"    {json.dumps(region)}: {json.dumps(types)}" for region, types in sorted(regions.items()))
    target.write_text(f'{{\n  "dated": "{today}",\n  "regions": {{\n{lines}\n  }}\n}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("hosting_instance_types.json"), datetime.date.today())
