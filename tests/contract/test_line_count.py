"""local/ stays in bounds: its share of the code may only fall (docs/adr/0001)."""

from __future__ import annotations

import re
from math import ceil

import pytest

from tests.tree import ROOT, files

PROVEN = ("infra/", "components/", "model_code/", "takeoff/", "policies/")
DECISION = "docs/adr/0001-prove-the-program-before-the-cloud.md"


def lines(*folders: str) -> int:
    """Lines of Python below some folders."""
    found = [path for path in files() if path.startswith(folders) and path.endswith(".py")]
    return sum(len((ROOT / path).read_text().splitlines()) for path in found)


@pytest.mark.skipif(not (ROOT / "local").is_dir(), reason="local/ is deleted")
def test_local_is_no_larger_beside_what_it_proves_than_the_decision_records() -> None:
    recorded = re.search(r"\bratio recorded: (\d+\.\d)\b", (ROOT / DECISION).read_text())
    assert recorded, f"{DECISION} names no ratio"
    ratio = ceil(10 * lines("local/") / lines(*PROVEN)) / 10
    assert ratio <= float(recorded[1]), "local/ grew faster than what it proves: make it smaller, or decide anew"
