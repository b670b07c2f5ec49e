"""deploy.yml and the scripts that it and the Deployer run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tree import ROOT

WORKFLOWS = ROOT / ".github/workflows"
PULUMI = """#!/usr/bin/env bash
echo "$@" >> "$CALLS"
case "$*" in
  "stack export --stack "*-apps) [ -n "$SIBLING" ]; exit ;;
  "stack export "*) echo '{"deployment": {"secrets_providers": {"state": {"url": "awskms://key"}}}}'; exit ;;
  "stack init "*) touch "stacks/Pulumi.$3.yaml"; exit ;;
  "stack "*) cat "$OUTPUTS"; exit ;;
  "up "*"-apps --config-file "*) exit "${INSIDE:-0}" ;;
esac
count=$(grep -c '^up' "$CALLS")
if [ "$count" -le "$LOCKED" ]; then echo 'error: the stack is currently locked by 1 lock(s)' >&2; exit 255; fi
exit "$STATUS"
"""
TAKEOFF = """#!/usr/bin/env bash
echo "takeoff $@" >> "$CALLS"
if [ "$1 $2" = "image build" ]; then echo "{\\"next\\": \\"$NEXT\\"}"; fi
"""


UP = "up --yes --skip-preview --non-interactive --stack"
# A build that runs for a while, and ends as the test says.
AWS = """#!/usr/bin/env bash
echo "aws $@" >> "$CALLS"
case "$2" in
  start-build) echo takeoff-prod-deployer:0a1b ;;
  batch-get-builds)
    if [ "$(grep -c batch-get-builds "$CALLS")" -lt 2 ]; then echo "IN_PROGRESS None"; else echo "$ENDED None"; fi ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout and a PATH whose pulumi, takeoff, aws and sleep write down that they were called."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    for name, text in (("pulumi", PULUMI), ("takeoff", TAKEOFF), ("sleep", '#!/bin/sh\necho "sleep $1" >> "$CALLS"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "calls").touch()
    return tmp_path


def run(machine: Path, script: str, stack: str = "dev", **more: str) -> tuple[int, list[str]]:
    env = {"PATH": f"{machine}:{os.environ['PATH']}", "CALLS": str(machine / "calls"), "LOCKED": "0", "STATUS": "0"}
    env |= {"OUTPUTS": str(machine / "outputs"), "NEXT": "pulumi up --stack dev", "SIBLING": "", "ENDED": "SUCCEEDED"}
    env |= {"GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "c0ffee", **more}
    done = subprocess.run([ROOT / ".ci" / script, stack], cwd=machine, env=env, capture_output=True, check=False)
    return done.returncode, (machine / "calls").read_text().splitlines()


def test_an_update_waits_for_the_lock_of_another_one(machine: Path) -> None:
    status, calls = run(machine, "deploy", LOCKED="2")
    up = f"{UP} dev --policy-pack policies"
    assert (status, calls) == (0, [up, "sleep 30", up, "sleep 30", up])


def test_an_update_is_judged_by_the_policies_as_its_environment_has_them(machine: Path) -> None:
    (machine / "policies/environments").mkdir(parents=True)
    (machine / "policies/environments/prod.json").write_text("{}")
    assert run(machine, "deploy", "prod")[1][0].endswith(
        " --policy-pack policies --policy-pack-config policies/environments/prod.json"
    )
    (machine / "calls").write_text("")
    # Without a file every policy is mandatory.
    assert run(machine, "deploy", "other")[1][0].endswith(" --stack other --policy-pack policies")


def clustered(machine: Path, stack: str = "prod", block: str = '{version: "1.35"}') -> None:
    (machine / f"stacks/Pulumi.{stack}.yaml").write_text(f"config:\n  takeoff:cluster: {block}\n")


def test_what_runs_in_the_cluster_is_applied_after_it_from_the_same_file_and_judged(machine: Path) -> None:
    clustered(machine)
    (machine / "policies/environments").mkdir(parents=True)
    (machine / "policies/environments/prod-apps.json").write_text("{}")
    status, calls = run(machine, "deploy", "prod", CODEBUILD_BUILD_ID="p:1", SIBLING="there")
    inside = "--config-file stacks/Pulumi.prod.yaml --policy-pack policies"
    assert (status, [call for call in calls if call.startswith("up")]) == (
        0,
        [
            f"{UP} prod --policy-pack policies",
            f"{UP} prod-apps {inside} --policy-pack-config policies/environments/prod-apps.json",
        ],
    )
    assert not any(call.startswith("stack init") for call in calls)


def test_a_sibling_that_is_not_there_is_made_with_the_stacks_own_secrets_provider(machine: Path) -> None:
    clustered(machine)
    status, calls = run(machine, "deploy", "prod", CODEBUILD_BUILD_ID="p:1")
    assert status == 0
    made = "stack init prod-apps --no-select --non-interactive --secrets-provider awskms://key"
    assert calls.index(made) < calls.index(
        f"{UP} prod-apps --config-file stacks/Pulumi.prod.yaml --policy-pack policies"
    )
    # It is applied from the stack's own file, and a second one would be two.
    assert not (machine / "stacks/Pulumi.prod-apps.yaml").exists()


def test_a_stack_without_a_cluster_has_no_sibling(machine: Path) -> None:
    (machine / "stacks/Pulumi.dev.yaml").write_text("config:\n  takeoff:models: {}\n")
    assert run(machine, "deploy")[1] == [f"{UP} dev --policy-pack policies"]


def test_what_fails_inside_fails_the_deployment(machine: Path) -> None:
    clustered(machine)
    assert run(machine, "deploy", "prod", CODEBUILD_BUILD_ID="p:1", SIBLING="there", INSIDE="255")[0] == 1


def test_where_the_stack_itself_fails_nothing_is_done_inside(machine: Path) -> None:
    clustered(machine)
    status, calls = run(machine, "deploy", "prod", CODEBUILD_BUILD_ID="p:1", STATUS="255")
    assert (status, len(calls)) == (1, 1)


@pytest.mark.parametrize(("ended", "status"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_outside_the_network_of_a_private_cluster_the_deployer_does_it_at_this_commit(
    machine: Path, ended: str, status: int
) -> None:
    clustered(machine)
    found, calls = run(machine, "deploy", "prod", ENDED=ended)
    assert (found, calls[0]) == (status, f"{UP} prod --policy-pack policies")
    assert "--project-name takeoff-prod-deployer --source-version refs/heads/main^{c0ffee}" in calls[1]
    assert "name=COMMAND,value=deploy,type=PLAINTEXT" in calls[1]
    assert calls.count("sleep 10") == 1
    assert not any("apps" in call for call in calls)


def test_a_cluster_that_is_open_to_some_ranges_is_applied_from_there(machine: Path) -> None:
    clustered(machine, "dev", '{version: "1.35", accessCidrs: [203.0.113.0/24]}')
    calls = run(machine, "deploy", SIBLING="there")[1]
    assert f"{UP} dev-apps --config-file stacks/Pulumi.dev.yaml --policy-pack policies" in calls
    assert not any(call.startswith("aws") for call in calls)


def test_an_update_that_fails_is_not_tried_again(machine: Path) -> None:
    status, calls = run(machine, "deploy", STATUS="255")
    assert (status, len(calls)) == (1, 1)


def outputs(machine: Path, **models: dict[str, str]) -> None:
    (machine / "outputs").write_text(json.dumps(models))


def test_the_phases_build_every_image_and_train_what_has_no_version(machine: Path) -> None:
    outputs(machine, first={"project": "p", "next": "takeoff image build first --stack dev"}, other={})
    status, calls = run(machine, "phases", NEXT="takeoff train first --count 2 --register --stack dev")
    assert (status, calls) == (
        0,
        [
            "stack output models --json --stack dev",
            "takeoff image build first --stack dev --json",
            "takeoff train first --count 2 --register --stack dev",
        ],
    )


def test_the_phases_train_nothing_where_versions_are(machine: Path) -> None:
    outputs(machine, first={"project": "p"})
    status, calls = run(machine, "phases")
    assert (status, calls[1:]) == (0, ["takeoff image build first --stack dev --json"])


def test_the_phases_run_no_other_command_that_an_output_names(machine: Path) -> None:
    outputs(machine, first={"next": "rm -rf /"}, other={"next": "takeoff train first --register"})
    assert len(run(machine, "phases")[1]) == 1


def test_a_failed_image_ends_the_phases(machine: Path) -> None:
    outputs(machine, first={"project": "p"})
    (machine / "takeoff").write_text("#!/bin/sh\nexit 1\n")
    assert run(machine, "phases")[0] != 0


def workflow(name: str) -> Any:
    return yaml.safe_load((WORKFLOWS / name).read_text())


def test_stacks_are_deployed_one_after_the_other_each_with_its_environments_approval() -> None:
    jobs = workflow("deploy.yml")["jobs"]
    assert {name: (job.get("needs"), job["with"]["stack"]) for name, job in jobs.items()} == {
        "dev": (None, "dev"),
        "staging": ("dev", "staging"),
        "prod": ("staging", "prod"),
    }
    assert workflow("deploy-stack.yml")["jobs"]["deploy"]["environment"] == "${{ inputs.stack }}"


def test_the_phases_come_in_the_order_of_an_empty_account() -> None:
    steps = workflow("deploy-stack.yml")["jobs"]["deploy"]["steps"]
    named = {step["name"]: step["run"].split("\n") for step in steps if "name" in step}
    assert list(named) == ["install", "platform", "images and first versions", "models", "rollout"]
    assert [lines[-2] for lines in named.values()][1:] == [
        '.ci/deploy "$STACK"',
        '.ci/phases "$STACK"',
        '.ci/deploy "$STACK"',
        'takeoff rollout wait --stack "$STACK"',
    ]
    assert all(lines[0] == "source .ci/credentials" for name, lines in named.items() if name != "install")


def test_every_environment_is_deployed_from_the_one_commit_that_the_run_began_with() -> None:
    jobs = workflow("deploy.yml")["jobs"]
    assert {job["with"]["commit"] for job in jobs.values()} == {"${{ github.sha }}"}
    steps = workflow("deploy-stack.yml")["jobs"]["deploy"]["steps"]
    (checkout,) = [step["with"] for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout == {"ref": "${{ inputs.commit }}", "persist-credentials": False}


def test_a_refused_report_ends_a_promotion_before_anybody_is_asked() -> None:
    jobs = workflow("deploy-stack.yml")["jobs"]
    assert jobs["deploy"]["needs"] == "report"
    assert jobs["report"]["uses"] == "./.github/workflows/report-stack.yml"
    assert jobs["report"]["with"] == {"command": "preview", "stack": "${{ inputs.stack }}"}


@pytest.mark.parametrize("name", ["deploy.yml", "deploy-stack.yml"])
def test_a_deployment_may_do_no_more_than_it_needs(name: str) -> None:
    for job in workflow(name)["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


SHELL = sorted(file.name for file in (ROOT / ".ci").iterdir() if "python" not in file.read_text().partition("\n")[0])


@pytest.mark.parametrize("script", SHELL)
def test_scripts_are_shell(script: str) -> None:
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / script], check=False).returncode == 0
