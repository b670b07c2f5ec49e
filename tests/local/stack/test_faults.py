"""Kills, bad input and full disks: the account stays as it was, or the next `make up` makes it whole."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cloud import daemon
from local.state import REPOSITORY
from tests.local.stack.machine import ENDPOINT, MODEL, Machine, changes

pytestmark = pytest.mark.engine

BAD: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "traffic above 100": (lambda m: m.update(traffic={"main": 95, "candidate": 10}), f"{MODEL}.traffic: got"),
    "unknown key": (lambda m: m.update(trafic=1), f"{MODEL}.trafic: got"),
    "missing key": (lambda m: m.pop("owner"), f"{MODEL}.owner: got"),
    "wrong type": (lambda m: m["variants"][0].update(instances="one"), f"{MODEL}.variants[0].instances: got"),
    "two variants of one name": (lambda m: m["variants"][1].update(name="main"), f"{MODEL}.variants: got"),
    "unknown instance type": (
        lambda m: m["variants"][0].update(instanceType="ml.c6i.huge"),
        f"{MODEL}.variants[0].instanceType: got",
    ),
    "no accelerator on a GPU": (
        lambda m: m["variants"][0].update(instanceType="ml.g5.xlarge"),
        f"{MODEL}.accelerator: got",
    ),
    "no such code": (lambda m: m.update(code="nowhere"), "no model code 'nowhere'"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_bad_configuration_stops_up_and_changes_nothing(shared: Machine, mistake: str) -> None:
    spoil, said = BAD[mistake]
    before, good = shared.resources(), shared.stack_file.read_text()
    shared.edit(spoil)
    done = shared.run("up")
    shared.stack_file.write_text(good)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert shared.resources() == before


def test_a_name_too_long_stops_up_and_changes_nothing(shared: Machine) -> None:
    before, good, name = shared.resources(), shared.stack_file.read_text(), "x" * 31
    shared.stack_file.write_text(good.replace(f"{MODEL}:", f"{name}:"))
    done = shared.run("up")
    shared.stack_file.write_text(good)
    assert done.returncode == 1
    assert f"takeoff:models.{name}: got" in done.stdout + done.stderr
    assert shared.resources() == before


def test_a_port_that_is_taken_is_named_with_a_way_out(fresh: Machine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local", "up"],
            cwd=REPOSITORY,
            env={**fresh.env, "TAKEOFF_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "TAKEOFF_PORT=" in done.stderr


def test_after_a_killed_daemon_up_brings_everything_back_and_says_so(shared: Machine) -> None:
    before = shared.resources()
    record = json.loads(shared.state.daemon_file.read_text())
    os.kill(record["pid"], signal.SIGKILL)
    output = shared.up()
    assert "came back after it was killed" in output
    assert set(changes(output)) == {"unchanged"}
    assert shared.resources() == before


def kill_after(machine: Machine, created: int) -> None:
    """`make up`, killed with everything it started when the engine reports its n-th resource."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        cwd=REPOSITORY,
        env=machine.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    seen = 0
    for line in process.stdout:
        seen += " created (" in line
        if seen >= created:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()


@pytest.mark.parametrize(
    "created", [3, 12, pytest.param(7, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.slow)]
)
def test_up_killed_after_a_resource_is_made_good_by_the_next_up(fresh: Machine, created: int) -> None:
    kill_after(fresh, created)
    fresh.up()
    assert set(changes(fresh.up())) == {"unchanged"}
    listed = fresh.resources()
    assert len([name for name in listed if name.startswith("key ")]) == 1, "no orphan"
    assert len([name for name in listed if name.startswith("endpoint ")]) == 1


def test_a_daemon_killed_in_the_middle_of_up_is_made_good_by_the_next_up(fresh: Machine) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        cwd=REPOSITORY,
        env=fresh.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "aws:iam:Role" in line and " created (" in line:
            os.kill(json.loads(fresh.state.daemon_file.read_text())["pid"], signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == 1
    fresh.up()
    assert set(changes(fresh.up())) == {"unchanged"}


def test_a_state_that_a_kill_cut_in_two_is_replaced_by_the_one_before(shared: Machine) -> None:
    before = shared.resources()
    checkpoint = shared.state.backend / ".pulumi/stacks/takeoff/local.json"
    checkpoint.write_text(checkpoint.read_text()[:1000])
    assert "went back to the one before" in shared.up()
    assert shared.resources() == before
    assert set(changes(shared.up())) == {"unchanged"}


def test_what_an_unfinished_up_made_behind_the_states_back_is_removed_and_nothing_else(shared: Machine) -> None:
    """As when the account dies between making a role and telling the engine so."""
    before = shared.resources()
    (shared.state.root / "up-unfinished").touch()
    trust = '{"Version": "2012-10-17", "Statement": []}'
    shared.client("iam").create_role(RoleName="takeoff-local-orphan", AssumeRolePolicyDocument=trust)
    sagemaker = shared.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=shared.endpoint()["EndpointConfigName"])
    orphan = f"{ENDPOINT}-9999-00000000"
    sagemaker.create_endpoint_config(EndpointConfigName=orphan, ProductionVariants=variants["ProductionVariants"])
    output = shared.up()
    assert "removed Role takeoff-local-orphan" in output
    assert f"removed EndpointConfiguration {orphan}" in output
    assert shared.resources() == before
    assert not (shared.state.root / "up-unfinished").exists()


def test_a_release_that_does_not_come_up_fails_up_and_leaves_the_old_one_serving(shared: Machine) -> None:
    """The candidate's next version is an artifact that no server can load."""
    config = shared.endpoint()["EndpointConfigName"]
    before = shared.resources()
    ssm, name = shared.client("ssm"), f"/takeoff/local/{MODEL}/candidate"
    good = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    record = json.loads(good)
    bucket, _, key = record["artifact"].removeprefix("s3://").partition("/")
    bad_key = key.replace("model.tar.gz", "broken/model.tar.gz")
    shared.client("s3").put_object(Bucket=bucket, Key=bad_key, Body=b"not an archive")
    broken = {**record, "version": "0" * 12, "artifact": f"s3://{bucket}/{bad_key}"}
    ssm.put_parameter(Name=name, Value=json.dumps(broken), Type="String", Overwrite=True)
    with shared.load() as seen:
        done = shared.run("up")
    assert done.returncode == 1
    assert "failed" in done.stdout + done.stderr
    assert seen.errors == []
    endpoint = shared.endpoint()
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", config)
    assert set(before) <= set(shared.resources()), "a failed rollout deletes nothing"
    assert shared.pulumi("preview", "--expect-no-changes").returncode == 0
    ssm.put_parameter(Name=name, Value=good, Type="String", Overwrite=True)
    shared.up()
    assert shared.endpoint()["EndpointStatus"] == "InService"


def test_artifacts_that_cannot_be_written_fail_up_and_the_next_one_recovers(fresh: Machine) -> None:
    """A file where the folder for artifacts should be stands for a disk that takes no more."""
    blocker = fresh.state.cloud / "artifacts"
    blocker.parent.mkdir(parents=True)
    blocker.write_text("full")
    done = fresh.run("up")
    assert done.returncode == 1
    assert "artifacts" in done.stdout + done.stderr
    blocker.unlink()
    fresh.up()
    assert fresh.endpoint()["EndpointStatus"] == "InService"


def test_down_leaves_nothing_of_ours_and_up_begins_again(fresh: Machine) -> None:
    fresh.up()
    fresh.edit(lambda model: model["variants"][1].update(instanceType="ml.c7i.large"))
    fresh.up()
    done = fresh.run("down")
    assert done.returncode == 0, done.stdout + done.stderr
    assert daemon.status(fresh.state) is None
    assert fresh.resources() == []
    fresh.up()
    assert fresh.endpoint()["EndpointConfigName"].startswith(f"{ENDPOINT}-0001-")


def test_a_second_up_beside_a_running_one_is_refused(shared: Machine, tmp_path: Path) -> None:
    lock = shared.state.backend / ".pulumi/locks/organization/takeoff/local/held.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": os.getpid()}))
    done = shared.run("up")
    lock.unlink()
    assert done.returncode == 1
    assert f"pid {os.getpid()}" in done.stderr
