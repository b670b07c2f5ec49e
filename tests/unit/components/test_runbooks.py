"""Runbooks: every alarm has an owner and a page, every page says what to do, and its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import botocore.session
import pulumi_aws as aws
import pytest
from botocore import xform_name
from typer.main import get_command

from components.alarm import AlarmArgs, declare_alarm
from components.site import Site
from takeoff.__main__ import app
from tests.deployment import Deployment, deploy

RUNBOOKS = Path(__file__).resolve().parents[3] / "docs/runbooks"
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != "README.md")
SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def alarms_without_owner_or_page(deployment: Deployment, pages: Path = RUNBOOKS) -> list[str]:
    """The alarms of a deployment that name no owner or no page that exists; to be used over whole stacks."""
    found = []
    for alarm in [*deployment.all(aws.cloudwatch.MetricAlarm), *deployment.all(aws.cloudwatch.CompositeAlarm)]:
        text = alarm.inputs.get("alarmDescription") or ""
        named = re.search(r"\. Owner: \S+\. Runbook: \S*?([a-z0-9-]+\.md)$", text)
        owned = (alarm.inputs.get("tags") or {}).get("takeoff:owner")
        if not (named and owned and (pages / named[1]).is_file()):
            found.append(f"{alarm.name}: {text!r}")
    return found


def commands(page: Path) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


def test_an_alarm_without_an_owner_or_a_page_is_found(tmp_path: Path) -> None:
    def program() -> None:
        for runbook in ("slo-fast-burn", "no-such-page"):
            args = AlarmArgs(
                title="t", owner="o@example.com", runbook=runbook, severity="warning", threshold=1, metric="M"
            )
            declare_alarm(runbook, SITE, args, None)
        aws.cloudwatch.MetricAlarm(
            "bare", name="bare", comparison_operator="GreaterThanThreshold", evaluation_periods=1
        )
        aws.cloudwatch.CompositeAlarm("both", alarm_name="both", alarm_rule="TRUE", alarm_description="t. Owner: o.")

    found = alarms_without_owner_or_page(deploy(program))
    assert {line.partition(":")[0] for line in found} == {"no-such-page", "bare", "both"}


def test_there_are_pages() -> None:
    assert {"slo-fast-burn", "slo-slow-burn", "endpoint-errors", "endpoint-latency", "endpoint-unhealthy"} <= {
        page.stem for page in PAGES
    }


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"^\| \[([a-z0-9-]+)\]\(\1\.md\)", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(page.stem for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_what_to_look_at_what_to_do_and_when_to_call_somebody(page: Path) -> None:
    headings = re.findall(r"^#+ (.+)", page.read_text(), re.MULTILINE)
    assert headings[1:] == ["What it means", "Look first", "Do", "Escalate"]
    assert commands(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    for program, *words in commands(page):
        assert program in {"aws", "takeoff"}, program
        check = _aws if program == "aws" else _takeoff
        check(words)


def _aws(words: list[str]) -> None:
    """By botocore's model of the service, from which the AWS command line makes its own."""
    service, operation, *rest = words
    client = botocore.session.get_session().get_service_model(service)
    named = {xform_name(name, "-"): name for name in client.operation_names}
    members = client.operation_model(named[operation]).input_shape
    options = {f"--{xform_name(member, '-')}" for member in (members.members if members else {})}
    used = {word for word in rest if word.startswith("--")}
    assert used <= options, f"{service} {operation}: {used - options}"
    required = {f"--{xform_name(member, '-')}" for member in (members.required_members if members else [])}
    assert required <= used, f"{service} {operation} lacks {required - used}"


def _takeoff(words: list[str]) -> None:
    command = get_command(app)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words), resilient_parsing=False)
