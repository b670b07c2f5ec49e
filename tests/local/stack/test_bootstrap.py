"""The bootstrap program through the real engine into an emulated account."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.cloud import daemon
from local.state import REPOSITORY, State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.stack.machine import Machine, changes, end

pytestmark = [pytest.mark.engine, pytest.mark.slow]
STACK = "sandbox"
CONFIG = """config:
  takeoff-bootstrap:repository: example/takeoff
  takeoff-bootstrap:environments: [dev]
"""
Pulumi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Machine]:
    """An empty account with a stack of the bootstrap program."""
    made = Machine(tmp_path, STACK)
    made.stack_file.write_text(CONFIG)
    ready(made.state, Progress(sys.stderr))
    daemon.start(made.state, 0)
    ensure_stack(STACK, made.inside(), REPOSITORY / "bootstrap")
    try:
        yield made
    finally:
        daemon.stop(made.state)


def pulumi(account: Machine, *arguments: str) -> str:
    env = environment(State(account.state.root, STACK), account.state.endpoint(), account.env)
    command = ["pulumi", *arguments, "--stack", STACK, "--non-interactive"]
    done = subprocess.run(command, cwd=REPOSITORY / "bootstrap", env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, end(done)
    return done.stdout


def test_an_empty_account_gets_its_state_bucket_and_its_roles_once_and_gives_them_back(account: Machine) -> None:
    up = ("up", "--yes", "--skip-preview")
    assert set(changes(pulumi(account, *up))) == {"created"}
    assert set(changes(pulumi(account, *up))) == {"unchanged"}
    outputs = json.loads(pulumi(account, "stack", "output", "--json"))
    bucket = outputs["state"].removeprefix("s3://").partition("?")[0]
    assert account.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    iam = account.client("iam")
    for name in ("deployer", "preview"):
        attached = iam.list_attached_role_policies(RoleName=f"takeoff-bootstrap-{name}")["AttachedPolicies"]
        assert [policy["PolicyName"] for policy in attached] == [f"takeoff-bootstrap-{name}"]
    linked = iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert [role["Path"].split("/")[2] for role in linked] == ["sagemaker.application-autoscaling.amazonaws.com"]
    assert "oidc-provider/token.actions.githubusercontent.com" in json.dumps(iam.list_open_id_connect_providers())
    pulumi(account, "state", "unprotect", "--all", "--yes")
    assert set(changes(pulumi(account, "destroy", "--yes", "--skip-preview"))) == {"deleted"}
