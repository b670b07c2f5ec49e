"""Judges of the whole prod stack as it was deployed: the mutation proof and checkov, as `make` runs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.state import REPOSITORY
from tests.local.stack.machine import PATIENCE, end, machine

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def python(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("prod")
    with machine(root, "prod") as prod:
        done = python("local.digest", "--stack", "prod", str(root / "prod.json"), env=prod.env)
        assert done.returncode == 0, end(done)
        yield root / "prod.json"


def test_no_weakening_of_prod_survives_and_no_rule_finds_fault_with_it(digest: Path) -> None:
    done = python("policies.proof", str(digest), "--config", "policies/environments/prod.json")
    assert done.returncode == 0, end(done)
    assert done.stdout.splitlines()[-1].startswith("holds: ")


def test_checkov_finds_nothing_that_the_baseline_does_not_accept(digest: Path) -> None:
    done = python("tools.checkov", str(digest))
    assert done.returncode == 0, end(done)
