"""The Deployer on this machine: a build of its project applies what the stack file says now, through .ci/deploy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local.cloud.emulated import until
from tests.local.stack.machine import Machine, machine

PROJECT = "takeoff-local-deployer"
DEPLOYER = {
    "repository": "https://github.com/example/takeoff",
    "role": "arn:aws:iam::123456789012:role/takeoff-bootstrap-deployer",
    "state": "s3://takeoff-bootstrap-state-123456789012",
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("deployer")) as made, pytest.MonkeyPatch.context() as patch:
        content = yaml.safe_load(made.stack_file.read_text())
        content["config"]["takeoff:deployer"] = DEPLOYER
        made.stack_file.write_text(yaml.safe_dump(content))
        # As after `make up`, the account knows which stack file it is of.
        patch.setenv("TAKEOFF_STACK_FILE", str(made.stack_file))
        made.deploy()
        yield made


def build(deployed: Machine) -> tuple[dict[str, Any], str]:
    """A build of the Deployer's project: its record when it has ended, and its log."""
    codebuild = deployed.client("codebuild")
    started = codebuild.start_build(projectName=PROJECT)["build"]["id"]

    def ended() -> Any:
        (found,) = codebuild.batch_get_builds(ids=[started])["builds"]
        return found["buildComplete"] and found

    record = until(ended, 240)
    events = deployed.client("logs").get_log_events(
        logGroupName=record["logs"]["groupName"], logStreamName=record["logs"]["streamName"], startFromHead=True
    )["events"]
    return record, "\n".join(event["message"] for event in events)


def test_a_build_deploys_a_wish_that_changed_judged_by_the_policy_pack(deployed: Machine) -> None:
    before = {name: share.traffic for name, share in deployed.wish().variants.items()}
    deployed.edit(lambda model: model["traffic"].update(main=60, candidate=40))
    assert not (role := Path.home() / "role.ini").exists()
    record, log = build(deployed)
    assert record["buildStatus"] == "SUCCEEDED", log
    assert before == {"main": 90, "candidate": 10}
    assert {name: share.traffic for name, share in deployed.wish().variants.items()} == {"main": 60, "candidate": 40}
    assert "played by file://" in log
    assert "Policies:" in log
    until(deployed.settled, 60)
    assert deployed.weights() == {"main": 60, "candidate": 40}
    # The buildspec writes its role into the build's home, and not into that of whoever runs the account.
    assert not role.exists()


def test_a_build_of_what_cannot_be_deployed_fails_and_says_why(deployed: Machine) -> None:
    wish = deployed.wish()
    deployed.edit(lambda model: model["traffic"].update(main=61))
    record, log = build(deployed)
    assert record["buildStatus"] == "FAILED"
    assert "integers that sum to 100" in log
    assert deployed.wish() == wish
    deployed.edit(lambda model: model["traffic"].update(main=60))


def test_nothing_is_left_for_the_next_up_to_mend(deployed: Machine) -> None:
    record, log = build(deployed)
    assert record["buildStatus"] == "SUCCEEDED", log
    assert "unchanged" in log
    assert not (deployed.state.root / "up-unfinished").exists()
    assert list((deployed.state.backend / ".pulumi" / "locks").rglob("*.json")) == []
