"""report-stack.yml: which way a report is made, and that the run ends as the report does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tree import ROOT

REPORT = yaml.safe_load((ROOT / ".github/workflows/report-stack.yml").read_text())["jobs"]["report"]
CREDENTIALS = 'echo credentials >> "$CALLS"\n'
MADE = """#!/usr/bin/env bash
echo "report $*" >> "$CALLS"
mkdir -p report
echo '# prod' > report/report.md
exit "$STATUS"
"""


def step(**wanted: str) -> Any:
    (found,) = [each for each in REPORT["steps"] if wanted.items() <= each.items()]
    return found


def run(root: Path, script: str, **env: str) -> tuple[int, str, str]:
    """A step's script as GitHub runs `shell: bash`: exit status, outputs and summary."""
    for name in ("output", "summary", "calls"):
        (root / name).touch()
    env = {"PATH": f"{root}:{os.environ['PATH']}", "STACK": "prod", "COMMAND": "preview", **env}
    env |= {"GITHUB_OUTPUT": str(root / "output"), "GITHUB_STEP_SUMMARY": str(root / "summary")}
    env |= {"CALLS": str(root / "calls")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    status = subprocess.run(command, cwd=root, env=env, capture_output=True, check=False).returncode
    return status, (root / "output").read_text(), (root / "summary").read_text()


@pytest.mark.parametrize(
    ("fork", "role", "way"),
    [("false", "arn:role", "account"), ("true", "", "emulated"), ("true", "arn:role", "emulated")],
)
def test_a_fork_never_looks_at_an_account(tmp_path: Path, fork: str, role: str, way: str) -> None:
    assert run(tmp_path, step(id="way")["run"], FORK=fork, ROLE=role) == (0, f"way={way}\n", "")


def test_a_stack_that_nobody_has_set_up_is_skipped_with_a_line(tmp_path: Path) -> None:
    status, outputs, summary = run(tmp_path, step(id="way")["run"], FORK="false", ROLE="")
    assert (status, outputs) == (0, "")
    assert summary.startswith("no variable PREVIEW_ROLE_PROD: no preview of prod")


def test_nothing_happens_before_a_way_is_known() -> None:
    first, *rest = REPORT["steps"]
    assert first["id"] == "way"
    assert all("steps.way.outputs.way" in each["if"] for each in rest)


@pytest.mark.parametrize("status", [0, 1, 2])
def test_the_check_ends_as_the_report_does_and_the_summary_has_it_first(tmp_path: Path, status: int) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/credentials").write_text(CREDENTIALS)
    (tmp_path / ".ci/report").write_text(MADE)
    (tmp_path / "pulumi").write_text('#!/bin/sh\necho "pulumi $*" >> "$CALLS"\n')
    for script in (tmp_path / ".ci/report", tmp_path / "pulumi"):
        script.chmod(0o755)
    found, _, summary = run(tmp_path, step(name="report")["run"], STATE="s3://state", STATUS=str(status))
    assert (found, summary) == (status, "# prod\n")
    assert (tmp_path / "calls").read_text().splitlines() == [
        "credentials",
        "pulumi login s3://state",
        "report preview prod",
    ]


def test_a_refused_report_is_kept_too() -> None:
    upload = REPORT["steps"][-1]
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert upload["if"] == "${{ !cancelled() && steps.way.outputs.way == 'account' }}"
    assert upload["with"]["name"] == "${{ inputs.command }}-${{ inputs.stack }}"
