"""Reports on a stack that change nothing: made here, or by its project for previews."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT

TAKEOFF = """#!/usr/bin/env bash
echo "takeoff $@" >> "$CALLS"
if [ -n "$REPORT" ]; then echo "$REPORT" > report/report.md; echo page > report/report.html; fi
exit "$STATUS"
"""
PULUMI = """#!/usr/bin/env bash
echo "pulumi $@" >> "$CALLS"
cat "$DIGEST"
"""
# A build that is refused, then waits in a queue of one, then runs for a while and leaves what the test put there.
AWS = """#!/usr/bin/env bash
echo "aws $@" >> "$CALLS"
case "$1 $2" in
  "codebuild start-build")
    [ -z "$DENIED" ] || { echo "AccessDeniedException: $DENIED" >&2; exit 254; }
    busy=$(grep -c '^aws codebuild start-build' "$CALLS")
    [ "$busy" -gt "$BUSY" ] || { echo "AccountLimitExceededException: one at a time" >&2; exit 254; }
    echo takeoff-prod-previews:0a1b ;;
  "codebuild batch-get-builds")
    polled=$(grep -c '^aws codebuild batch-get-builds' "$CALLS")
    if [ "$polled" -lt 3 ]; then state=IN_PROGRESS; else state=$ENDED; fi
    printf '%s\\ts3://bucket/previews\\n' "$state" ;;
  "s3 cp") cp "$LEFT/${4##*/}" "$5" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout whose takeoff, pulumi, aws and sleep only write down that they were called."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    (tmp_path / "left").mkdir()
    sleep = '#!/bin/sh\necho "sleep $1" >> "$CALLS"\n'
    for name, text in (("takeoff", TAKEOFF), ("pulumi", PULUMI), ("aws", AWS), ("sleep", sleep)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "calls").touch()
    return tmp_path


def run(machine: Path, *command: str, **more: str) -> tuple[int, list[str], str]:
    env = {"PATH": f"{machine / 'bin'}:{os.environ['PATH']}", "CALLS": str(machine / "calls"), "STATUS": "0"}
    env |= {"REPORT": "", "DIGEST": str(machine / "digest"), "LEFT": str(machine / "left"), "BUSY": "0", "DENIED": ""}
    env |= {"ENDED": "SUCCEEDED", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "c0ffee", **more}
    done = subprocess.run(command, cwd=machine, env=env, capture_output=True, text=True, check=False)
    return done.returncode, (machine / "calls").read_text().splitlines(), done.stderr


def left(machine: Path, name: str) -> str | None:
    file = machine / "report" / name
    return file.read_text() if file.exists() else None


@pytest.mark.parametrize("status", [0, 1])
def test_a_preview_leaves_its_report_and_the_commands_verdict(machine: Path, status: int) -> None:
    found, calls, _ = run(machine, ".ci/report", "preview", "prod", REPORT="# prod", STATUS=str(status))
    assert calls == ["takeoff preview --stack prod --markdown report/report.md --html report/report.html"]
    assert (found, left(machine, "status"), left(machine, "report.md")) == (status, f"{status}\n", "# prod\n")


@pytest.mark.parametrize("status", [0, 2])
def test_a_preview_without_a_report_could_not_run_and_says_so_where_the_last_one_stands(
    machine: Path, status: int
) -> None:
    (machine / "report").mkdir()
    (machine / "report/report.md").write_text("of another commit")
    found, _, _ = run(machine, ".ci/report", "preview", "prod", STATUS=str(status))
    assert (found, left(machine, "status")) == (2, "2\n")
    assert left(machine, "report.md") == (
        f"**prod: the preview could not run** (exit {status}). The log of this run says why.\n"
    )


def test_a_preview_of_a_stack_with_a_cluster_says_what_is_no_part_of_it(machine: Path) -> None:
    (machine / "stacks").mkdir()
    (machine / "stacks/Pulumi.prod.yaml").write_text('config:\n  takeoff:cluster: {version: "1.35"}\n')
    run(machine, ".ci/report", "preview", "prod", REPORT="# prod")
    assert "What prod-apps would change inside the cluster is not part of this" in (left(machine, "report.md") or "")


def test_an_unknown_way_names_the_variable_to_mend(machine: Path) -> None:
    found, calls, said = run(machine, ".ci/report", "preview", "prod", PREVIEW_VIA="carrier-pigeon")
    assert (found, calls) == (2, [])
    assert said.startswith("PREVIEW_VIA_PROD: got 'carrier-pigeon'; allowed: runner, deployer")


def through_deployer(machine: Path, command: str = "preview", **more: str) -> tuple[int, list[str], str]:
    return run(machine, ".ci/report", command, "prod", PREVIEW_VIA="deployer", **more)


def leave(machine: Path, **files: str) -> None:
    for name, text in files.items():
        (machine / "left" / name.replace("_", ".")).write_text(text)


def test_a_private_stack_is_previewed_by_its_own_project_at_this_commit(machine: Path) -> None:
    leave(machine, status="1\n", report_md="# prod", report_html="page")
    found, calls, _ = through_deployer(machine, ENDED="FAILED")
    assert found == 1
    assert "--project-name takeoff-prod-previews --source-version refs/pull/7/merge^{c0ffee}" in calls[0]
    assert "name=COMMAND,value=preview,type=PLAINTEXT" in calls[0]
    assert calls.count("sleep 10") == 2
    assert "aws s3 cp --quiet s3://bucket/previews/0a1b/report.md report/report.md" in calls
    assert not any(call.startswith("takeoff") for call in calls)
    assert (left(machine, "report.md"), left(machine, "report.html")) == ("# prod", "page")


def test_a_busy_project_is_waited_for(machine: Path) -> None:
    leave(machine, status="0\n", report_md="# prod")
    found, calls, _ = through_deployer(machine, BUSY="2")
    assert (found, calls.count("sleep 30")) == (0, 2)


def test_a_project_that_is_always_busy_is_given_up(machine: Path) -> None:
    found, calls, said = through_deployer(machine, BUSY="99")
    assert (found, calls.count("sleep 30")) == (2, 40)
    assert "was busy for twenty minutes" in said


def test_a_build_that_may_not_be_started_is_not_tried_again(machine: Path) -> None:
    found, calls, said = through_deployer(machine, DENIED="codebuild:StartBuild")
    assert (found, len(calls)) == (2, 1)
    assert "codebuild:StartBuild" in said


def test_a_build_that_left_nothing_could_not_run(machine: Path) -> None:
    found, _, said = through_deployer(machine, ENDED="FAILED")
    assert (found, left(machine, "status")) == (2, "2\n")
    assert "takeoff-prod-previews:0a1b left no report: it ended as FAILED" in said


def test_a_status_that_is_none_is_no_good_news(machine: Path) -> None:
    leave(machine, status="0; exit 0\n")
    assert through_deployer(machine)[0] == 2


def step(op: str, name: str, **more: Any) -> dict[str, Any]:
    return {"op": op, "urn": f"urn:pulumi:prod::takeoff::takeoff:a:B$aws:s3/bucket:Bucket::{name}", **more}


def drift(machine: Path, *steps: dict[str, Any]) -> tuple[int, list[str], str]:
    (machine / "digest").write_text(json.dumps({"steps": steps}))
    return run(machine, ".ci/report", "drift", "prod")


def test_an_account_as_it_was_deployed_leaves_no_text(machine: Path) -> None:
    found, calls, _ = drift(machine, step("refresh", "models"), step("same", "lake"))
    assert (found, left(machine, "status"), left(machine, "report.md")) == (0, "0\n", None)
    assert calls == ["pulumi refresh --preview-only --json --non-interactive --stack prod"]


def test_what_differs_is_named_and_no_value_of_it_shown(machine: Path) -> None:
    secret = {"tags": {"password": "hunter2"}}
    changed = step("update", "models", detailedDiff={"tags.password": {"kind": "update"}}, newState={"inputs": secret})
    assert drift(machine, changed, step("delete", "lake"), step("refresh", "raw"))[0] == 0
    text = left(machine, "report.md") or ""
    assert "in 2 of its resources" in text
    assert "| `models` | aws:s3/bucket:Bucket | `tags.password` |" in text
    assert "| `lake` | aws:s3/bucket:Bucket | is gone |" in text
    assert "raw" not in text
    assert "hunter2" not in text


def test_a_stack_of_a_thousand_changes_still_fits_an_issue(machine: Path) -> None:
    drift(machine, *(step("delete", f"{'x' * 60}-{number}") for number in range(1000)))
    text = left(machine, "report.md") or ""
    assert "and 800 more" in text
    assert len(text) < 65_536


def test_a_stack_that_cannot_be_read_is_not_called_clean(machine: Path) -> None:
    (machine / "digest").write_text("error: no stack named 'prod' found")
    found, _, said = run(machine, ".ci/report", "drift", "prod")
    assert (found, left(machine, "status")) == (2, "2\n")
    assert "the drift of prod could not be read" in said
