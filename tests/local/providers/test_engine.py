"""The provider behind the real engine: preview, up, refresh, destroy, and what becomes of it when the engine dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.state import State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.cloud.emulated import Cloud, gone, until

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi, pulumi_aws as aws
config = pulumi.Config()
provider = aws.Provider("aws", region="us-east-1", default_tags={"tags": {"owner": "tests"}})
opts = pulumi.ResourceOptions(provider=provider)
role = aws.iam.Role("states", assume_role_policy='{"Version": "2012-10-17", "Statement": []}', opts=opts)
role_policy = aws.iam.RolePolicy("run", role=role.id, policy='{"Version": "2012-10-17", "Statement": []}', opts=opts)
secret = aws.ssm.Parameter("secret", type="SecureString", value=config.require("secret"), opts=opts)
found = aws.ssm.get_parameters_by_path(path="/none", opts=pulumi.InvokeOptions(provider=provider))
machine = aws.sfn.StateMachine("machine", role_arn=role.arn, definition=role.arn.apply(
    lambda arn: '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "%s", "End": true}}}' % arn), opts=opts)
config_ = aws.sagemaker.EndpointConfiguration("config", production_variants=[{
    "variant_name": "main", "model_name": "m", "instance_type": config.get("type", "ml.m5.large"),
    "initial_instance_count": 1}], opts=opts)
for number in range(config.get_int("many", 0)):
    aws.cloudwatch.LogGroup(f"log{number}", retention_in_days=7, opts=opts)
pulumi.export("machine", machine.arn)
pulumi.export("found", len(found.names))
pulumi.export("tags", role.tags_all)
"""


@dataclass
class Project:
    folder: Path
    env: dict[str, str]
    state: State

    def run(self, *arguments: str, fails: bool = False) -> str:
        # Straight to the engine: the wrapper is for the repository's own project.
        command = [str(self.state.root / "engine"), *arguments, "--non-interactive"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def set(self, **values: str) -> None:
        for key, value in values.items():
            self.run("config", "set", key, value)

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("stack", "export"))["deployment"].get("resources", [])
        return found


@pytest.fixture
def project(tmp_path: Path, cloud: Cloud) -> Project:
    """A program of a few lines in an account that holds nothing of it, on a machine whose own settings point elsewhere."""
    state = State(tmp_path / "state")
    ready(state, Progress(sys.stderr))
    state.cloud.mkdir(parents=True)
    state.daemon_file.write_text(json.dumps({"endpoint": cloud.endpoint}))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: engine-test\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    env = environment(state, cloud.endpoint) | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase)}
    project = Project(folder, env, state)
    project.run("stack", "init", "local")
    project.set(secret="hush hush")
    return project


def test_a_program_comes_stays_and_goes(project: Project, cloud: Cloud) -> None:
    project.run("up", "--yes", "--skip-preview")
    assert project.run("preview", "--expect-no-changes")
    assert project.run("refresh", "--yes", "--expect-no-changes")
    exported = json.dumps(project.resources())
    assert "hush hush" not in exported
    assert json.loads(project.run("stack", "output", "--json"))["tags"] == {"owner": "tests"}
    project.run("destroy", "--yes", "--skip-preview")
    assert project.resources() == []


def test_a_wrong_instance_type_stops_the_preview(project: Project) -> None:
    project.set(type="ml.m5.larg")
    said = project.run("preview", fails=True)
    assert 'productionVariants[0].instanceType: got "ml.m5.larg", allowed ml.m5.large' in said
