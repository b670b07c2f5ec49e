"""The workflows as documents: two judges that know GitHub's rules, and what no judge knows of ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.judge import judge
from tests.tree import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONLINT = ROOT / "tools/actionlint/run"
GUIDE = ROOT / "docs/guides/pull-requests.md"
OIDC = {"contents": "read", "id-token": "write"}


def workflow(name: str) -> Any:
    return yaml.safe_load((ROOT / ".github/workflows" / name).read_text())


def zizmor(*paths: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def actionlint(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Its verdict; it is built first where these pins never were, which takes 10 s on two cores."""
    done = subprocess.run([ACTIONLINT, *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 3 and "needs Go" in done.stderr:
        pytest.skip(done.stderr.strip())
    return done


def planted(into: Path, name: str, old: str, new: str) -> Path:
    """A copy of the workflows, in a repository of its own, one of which says something else."""
    shutil.copytree(ROOT / ".github", into / ".github")
    subprocess.run(["git", "init", "--quiet", into], check=True)
    file = into / ".github/workflows" / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return into / ".github"


def test_zizmor_finds_nothing() -> None:
    done = zizmor(ROOT / ".github")
    assert done.returncode == 0, done.stdout
    assert all(f"completed {file.relative_to(ROOT)}" in done.stderr.replace(f"{ROOT}/", "") for file in WORKFLOWS)


@pytest.mark.parametrize(
    ("name", "old", "new", "audit"),
    [
        ("preview.yml", "  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        ("preview.yml", "permissions: {contents: read, pull-requests: write}", "permissions: write-all", "permissions"),
        ("report-stack.yml", "          persist-credentials: false\n", "          fetch-depth: 1\n", "artipacked"),
        ("preview.yml", "run: .ci/comment reports", "run: echo ${{ github.head_ref }}", "template-injection"),
        ("check.yml", "@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "@main", "unpinned-uses"),
    ],
)
def test_zizmor_would_find_a_mistake(tmp_path: Path, name: str, old: str, new: str, audit: str) -> None:
    done = zizmor(planted(tmp_path, name, old, new))
    assert done.returncode != 0
    assert f"[{'excessive-permissions' if audit == 'permissions' else audit}]" in done.stdout


@pytest.mark.slow
def test_actionlint_finds_nothing() -> None:
    done = actionlint()
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("deploy.yml", "needs: dev", "needs: nobody", 'needs job "nobody" which does not exist'),
        ("deploy.yml", "with: {stack: dev, commit:", "with: {stack: dev, comit:", 'input "comit" is not defined'),
        ("report-stack.yml", "steps.way.outputs.way", "steps.road.outputs.way", 'property "road" is not defined'),
        ("drift.yml", 'cron: "41 4 * * *"', 'cron: "41 25 * * *"', "invalid CRON format"),
        ("preview.yml", "github.event.pull_request.base", "github.evnt.pull_request.base", 'property "evnt" is not'),
    ],
)
def test_actionlint_would_find_a_mistake(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    root = planted(tmp_path, name, old, new)
    done = actionlint(root / "workflows" / name)
    assert done.returncode == 1
    assert says in done.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_full_digest(file: Path) -> None:
    used = re.findall(r"uses: (\S+)", file.read_text())
    assert used
    assert [each for each in used if not re.fullmatch(r"\./\.github/workflows/\S+|[\w/-]+@[0-9a-f]{40}", each)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_no_workflow_holds_a_secret_or_runs_what_an_expression_says(file: Path) -> None:
    assert "secrets." not in file.read_text()
    parsed = yaml.safe_load(file.read_text())
    assert parsed["permissions"] in ({}, {"contents": "read"})
    steps = [step for job in parsed["jobs"].values() for step in job.get("steps", [])]
    # Expressions in a script would run whatever a branch is called.
    assert [step for step in steps if "${{" in step.get("run", "")] == []


def test_unread_code_never_runs_where_something_can_be_written_or_deployed() -> None:
    """The jobs of a pull request that check its code out look as the preview role, or not at all."""
    parsed = workflow("preview.yml")
    assert list(parsed[True]) == ["pull_request"]
    assert parsed["jobs"]["preview"]["permissions"] == OIDC
    comment = parsed["jobs"]["comment"]
    assert comment["permissions"] == {"contents": "read", "pull-requests": "write"}
    (checkout,) = [step for step in comment["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    (report,) = workflow("report-stack.yml")["jobs"].values()
    # With an environment, the identity would be one that the deployer's role trusts.
    assert "environment" not in report
    assert report["permissions"] == OIDC
    assert report["env"]["ROLE"] == "${{ vars[format('PREVIEW_ROLE_{0}', inputs.stack)] }}"
    assert "DEPLOYER_ROLE" not in (ROOT / ".github/workflows/report-stack.yml").read_text()
    assert not [step for step in report["steps"] if "github.token" in str(step)]


def test_only_deployments_take_the_deployers_role_and_always_in_an_environment() -> None:
    for file in WORKFLOWS:
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            if "vars.DEPLOYER_ROLE" in str(job):
                assert job["environment"] in {"${{ inputs.stack }}", "sandbox"}, file.name


@pytest.mark.parametrize("name", ["preview.yml", "drift.yml"])
def test_every_environment_that_is_deployed_is_looked_at(name: str) -> None:
    deployed = [job["with"]["stack"] for job in workflow("deploy.yml")["jobs"].values()]
    (job,) = [job for job in workflow(name)["jobs"].values() if "uses" in job]
    assert job["strategy"] == {"fail-fast": False, "matrix": {"stack": deployed}}
    assert job["with"] == {"command": name.removesuffix(".yml"), "stack": "${{ matrix.stack }}"}


def test_a_newer_push_ends_the_preview_of_an_older_one() -> None:
    assert workflow("preview.yml")["concurrency"] == {
        "group": "preview-${{ github.event.pull_request.number }}",
        "cancel-in-progress": True,
    }


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_script_of_a_workflow_is_shell(file: Path) -> None:
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    for script in [step["run"] for job in jobs for step in job.get("steps", []) if "run" in step]:
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


def test_the_guide_names_every_variable_that_a_report_reads() -> None:
    read = set(re.findall(r"vars\[format\('(\w+_)\{0\}'", (ROOT / ".github/workflows/report-stack.yml").read_text()))
    assert len(read) == 4
    assert set(re.findall(r"gh variable set (\w+_)PROD ", GUIDE.read_text())) == read


def test_the_guides_exemption_is_one_that_the_policies_take() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    # There is nothing to judge: all that is left to say is that the exemption is for nothing.
    (finding,) = judge([], json.loads(example), date(2026, 11, 1))
    assert (finding.kind, finding.rule.name) == ("exempt", "sagemaker-4-endpoint-has-two-instances")
    assert [each.kind for each in judge([], json.loads(example), date(2027, 2, 1))] == ["expired"]
