"""`python -m policies.proof DIGEST.json`: mutates what a preview declares and shows whether the rules see it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from policies.configuration import ConfigurationError
from policies.digest import DigestError, read
from policies.proof.operators import mutants
from policies.proof.table import data, markdown, plain
from policies.proof.trial import Proof, proof

DOCUMENT = Path(__file__).parents[2] / "docs" / "policy-proof.md"
SEED = 5
QUIET_SECONDS = 2.0
_TABLE = re.compile(r"(?<=<!-- proof -->\n).*?(?=<!-- /proof -->)", re.DOTALL)


def main(arguments: list[str] | None = None) -> int:
    """0 where the proof holds; 1 for a survivor, a false positive or too many equivalents; 2 for input that is none."""
    chosen = _parser().parse_args(arguments)
    try:
        twin = read(chosen.digest.read_text())
        content = json.loads(chosen.config.read_text()) if chosen.config else {}
        began = time.monotonic()
        found = proof(
            twin, mutants(twin), content, date.today(), seed=chosen.seed, jobs=chosen.jobs, told=_progress(began)
        )
    except (OSError, ValueError, DigestError, ConfigurationError) as error:
        print(f"policies.proof: {error}", file=sys.stderr)
        return 2
    seconds = time.monotonic() - began
    print(plain(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(data(found), indent=1) + "\n")
    if chosen.write:
        _write(found, len(twin), seconds, chosen.jobs)
    return 0 if found.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies.proof", description=__doc__)
    parser.add_argument("digest", type=Path, help="what `pulumi preview --json --show-sames` wrote")
    parser.add_argument("--config", type=Path, help="policy configuration (default: every rule mandatory)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every mutant and its outcome")
    parser.add_argument("--seed", type=int, default=SEED, help=f"chooses the held-out mutants (default {SEED})")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    return parser


def _progress(began: float) -> Callable[[int, int], None]:
    """Says where it is on stderr, every two seconds."""
    told = began

    def say(done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > QUIET_SECONDS and done < of:
            told = now
            print(f"policies.proof: {done} of {of} mutants tried ({now - began:.0f} s)", file=sys.stderr)

    return say


def _write(found: Proof, resources: int, seconds: float, jobs: int) -> None:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    of = f"{date.today()}, {machine}, {jobs} processes, {seconds:.1f} s; {resources} resources, seed {found.seed}."
    before = DOCUMENT.read_text()
    DOCUMENT.write_text(_TABLE.sub(lambda _: f"{markdown(found, of)}\n", before))


if __name__ == "__main__":
    sys.exit(main())
