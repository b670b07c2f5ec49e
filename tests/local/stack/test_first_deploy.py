"""docs/guides/first-aws-deploy.md, command by command, from an account without image or version."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import daemon
from local.state import REPOSITORY
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.stack.machine import Machine

pytestmark = [pytest.mark.engine, pytest.mark.slow]
GUIDE = (REPOSITORY / "docs/guides/first-aws-deploy.md").read_text()
COMMANDS = [line for block in re.findall(r"^```bash\n(.*?)^```", GUIDE, re.M | re.S) for line in block.splitlines()]
STACK = "dev"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Machine]:
    """An empty account in which the guide's `sh` blocks were done: two stacks exist, and nothing in them."""
    made = Machine(tmp_path, STACK)
    made.stack_file.write_text((REPOSITORY / f"stacks/Pulumi.{STACK}.yaml").read_text())
    ready(made.state, Progress(sys.stderr))
    daemon.start(made.state, 0)
    for project in (REPOSITORY, REPOSITORY / "bootstrap"):
        ensure_stack(STACK, made.inside(), project)
    try:
        yield made
    finally:
        daemon.stop(made.state)


def typed(account: Machine, command: str) -> str:
    """What a person sees who types it in a shell of the emulated account; the committed stack files are read."""
    env = account.inside()
    env.pop("TAKEOFF_STACK_FILE")
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_guide_leads_from_an_empty_account_to_a_prediction_and_back(account: Machine) -> None:
    models = f"pulumi stack output models --json --stack {STACK}"
    bootstrap, preflight, platform, image, train, again, wait, predict, destroy = COMMANDS
    assert account.resources() == []
    typed(account, bootstrap)
    assert " fail " not in typed(account, preflight)
    typed(account, platform)
    assert image.removesuffix(f" --stack {STACK}") in json.loads(typed(account, models))["breast-cancer"]["next"]
    assert "sha256:" in typed(account, image)
    assert "is approved" in typed(account, train)
    typed(account, again)
    assert "next" not in json.loads(typed(account, models))["breast-cancer"]
    assert "succeeded" in typed(account, wait)
    assert account.endpoint()["EndpointStatus"] == "InService"
    assert account.endpoint_name in typed(account, predict)
    typed(account, destroy)
    left = [name for name in account.resources() if f"takeoff-{STACK}-" in name]
    assert left == []
