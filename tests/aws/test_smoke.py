"""The guide on a real sandbox account: opt-in, capped in cost and time, and always destroyed.

Skipped unless TAKEOFF_AWS_SANDBOX names an account and the credentials are of that account. Needs the Pulumi engine, a
backend that `pulumi` is logged in to, and an account in which bootstrap/ was run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/first-aws-deploy.md").read_text()
COMMANDS = [line for block in re.findall(r"^```bash\n(.*?)^```", GUIDE, re.M | re.S) for line in block.splitlines()]
STACK = "dev"
HOURS = 4
CAP_USD = 20.0


def sandbox() -> str | None:
    """Why this must not run; None when the credentials are of the account that was named."""
    wanted = os.environ.get("TAKEOFF_AWS_SANDBOX")
    if not wanted:
        return "TAKEOFF_AWS_SANDBOX names no account"
    try:
        found = str(boto3.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        return f"no credentials: {error}"
    return None if found == wanted else f"credentials are of {found}, TAKEOFF_AWS_SANDBOX is {wanted}"


pytestmark = [pytest.mark.slow, pytest.mark.skipif(sandbox() is not None, reason=str(sandbox()))]


def spent_today() -> float:
    """What the account has cost since midnight, in USD; Cost Explorer is some hours behind."""
    today = datetime.now(UTC).date()
    period = {"Start": today.isoformat(), "End": (today + timedelta(days=1)).isoformat()}
    costs = boto3.client("ce", region_name="us-east-1").get_cost_and_usage(
        TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost"]
    )
    return sum(float(day["Total"]["UnblendedCost"]["Amount"]) for day in costs["ResultsByTime"])


def run(command: str, seconds: float) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def deadline() -> Iterator[float]:
    """The moment by which everything must be gone. The stack carries it as a parameter, for a sweeper to read; whatever
    happens in between, the stack is destroyed at the end."""
    cost = spent_today()
    assert cost < CAP_USD, f"the sandbox has cost {cost:.2f} USD today; the cap is {CAP_USD} USD"
    ends = datetime.now(UTC) + timedelta(hours=HOURS)
    parameter = f"/takeoff-sandbox/{STACK}/time-to-live"
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=parameter, Value=ends.isoformat(), Type="String", Overwrite=True)
    try:
        yield time.monotonic() + 3600 * (HOURS - 1)
    finally:
        run(COMMANDS[-1], 3600)
        ssm.delete_parameter(Name=parameter)


def test_the_guide_leads_to_a_prediction_in_a_real_account(deadline: float) -> None:
    bootstrap, *phases, destroy = COMMANDS
    assert "bootstrap" in bootstrap, "phase 1 was done once, by a person"
    assert destroy.startswith("takeoff destroy")
    for command in phases:
        run(command, deadline - time.monotonic())
    report = json.loads(run(f"takeoff predict --json --stack {STACK}", deadline - time.monotonic()))
    assert [each for each in report.values() if each["failed"]] == []
    assert run("pulumi preview --expect-no-changes --stack " + STACK, deadline - time.monotonic())
