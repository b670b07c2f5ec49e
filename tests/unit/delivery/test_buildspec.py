"""The commands that CodeBuild runs on a stack, run: as whom, and what is left."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.tree import ROOT

SPEC = yaml.safe_load((ROOT / "infra/buildspec.yml").read_text())
# Each writes down its call and the role that its credentials would be of.
TOOL = """#!/usr/bin/env bash
role=$(sed -n 's/^role_arn = //p' "${AWS_CONFIG_FILE:-/dev/null}")
echo "$(basename "$0") $* as ${role:-project}" >> "$CALLS"
case "$(basename "$0") $1" in
  "takeoff preview") echo report > report/report.md; exit "$STATUS" ;;
  "pulumi refresh") echo '{"steps": []}' ;;
  "pulumi up") exit "$STATUS" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout in which every program only writes down its call."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in ("pulumi", "takeoff", "aws", "python"):
        (tmp_path / name).write_text(TOOL)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "calls").touch()
    return tmp_path


def build(machine: Path, command: str, status: int = 0) -> tuple[list[str], str]:
    """A build's calls and how it ended. As in CodeBuild, post_build runs after a failed build, and variables live on.

    https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html#view-build-details-phases
    """
    env = {"PATH": f"{machine}:{os.environ['PATH']}", "HOME": str(machine), "CALLS": str(machine / "calls")}
    env |= {"STACK": "prod", "STATE": "s3://state", "ROLE": "arn:role", "COMMAND": command, "STATUS": str(status)}
    env |= {"REPORTS": "s3://bucket/previews", "CODEBUILD_BUILD_ID": "takeoff-prod-previews:0a1b"}
    env |= {"AWS_REGION": "us-east-1"}
    steps = {name: "\n".join(phase["commands"]) for name, phase in SPEC["phases"].items()}
    script = f"set -e\n{steps['install']}\n{steps['pre_build']}\nset +e\n( set -e\n{steps['build']}\n)\nended=$?\n"
    script += f"set -e\n{steps['post_build']}\nexit $ended\n"
    done = subprocess.run(["bash", "-c", script], cwd=machine, env=env, capture_output=True, text=True, check=False)
    calls = [line for line in (machine / "calls").read_text().splitlines() if not line.startswith("python ")]
    return calls, "succeeded" if done.returncode == 0 else f"failed {done.stderr}"


def test_a_deployment_is_done_as_the_deployer_and_leaves_no_report(machine: Path) -> None:
    calls, ended = build(machine, "deploy")
    assert ended == "succeeded"
    assert calls == [
        "pulumi login s3://state as arn:role",
        "pulumi up --yes --skip-preview --non-interactive --stack prod --policy-pack policies as arn:role",
    ]


def test_a_failed_deployment_fails_the_build(machine: Path) -> None:
    assert build(machine, "deploy", status=255)[1].startswith("failed")


@pytest.mark.parametrize("status", [0, 1])
def test_a_preview_looks_as_its_role_and_adds_the_report_as_the_project(machine: Path, status: int) -> None:
    calls, ended = build(machine, "preview", status)
    assert ended.startswith("succeeded" if status == 0 else "failed")
    assert calls == [
        "pulumi login s3://state as arn:role",
        "takeoff preview --stack prod --markdown report/report.md --html report/report.html as arn:role",
        "aws s3 cp --quiet --recursive report s3://bucket/previews/0a1b as project",
    ]
    assert (machine / "report/status").read_text() == f"{status}\n"


def test_drift_is_looked_for_in_the_same_way(machine: Path) -> None:
    calls, ended = build(machine, "drift")
    assert ended == "succeeded"
    assert calls[1] == "pulumi refresh --preview-only --json --non-interactive --stack prod as arn:role"
    assert calls[2].endswith("s3://bucket/previews/0a1b as project")
