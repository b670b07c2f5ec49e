"""docs/policy-proof.md shows a proof that holds, with the equivalents that are there today."""

from __future__ import annotations

import re

from policies.proof.__main__ import DOCUMENT
from policies.proof.equivalents import EQUIVALENTS

RUN = "run `make policy-proof`, then its second command with --write"


def test_the_last_run_holds() -> None:
    assert re.search(r"^holds: \d+ rules, \d+ mutants", DOCUMENT.read_text(), re.MULTILINE), RUN


def test_the_equivalents_are_those_of_today() -> None:
    shown = re.findall(r"^\| `(.+?)` \| \d+ \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)

    assert dict(shown) == EQUIVALENTS, RUN
