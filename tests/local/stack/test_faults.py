"""Kills, bad input and full disks: the account stays as it was, or the next `make up` makes it whole."""

from __future__ import annotations

import copy
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
import yaml

from local.cloud import daemon
from local.state import REPOSITORY
from tests.local.stack.machine import ENDPOINT, MODEL, Machine, changes, end, machine

pytestmark = pytest.mark.engine
SLOW = pytest.mark.slow

# Each is made to a model of its own in one stack file; a refusal names them all.
MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "traffic-above-100": (lambda m: m.update(traffic={"main": 95, "candidate": 10}), "traffic"),
    "unknown-key": (lambda m: m.update(trafic=1), "trafic"),
    "missing-key": (lambda m: m.pop("owner"), "owner"),
    "wrong-type": (lambda m: m["variants"][0].update(instances="one"), "variants[0].instances"),
    "two-variants-of-one-name": (lambda m: m["variants"][1].update(name="main"), "variants"),
    "no-accelerator-on-a-gpu": (lambda m: m["variants"][0].update(instanceType="ml.g5.xlarge"), "accelerator"),
}
# These are found later, each by itself.
ALONE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown instance type": (
        lambda m: m["variants"][0].update(instanceType="ml.c6i.huge"),
        f"takeoff:models.{MODEL}.variants[0].instanceType: got",
    ),
    "no such code": (lambda m: m.update(code="nowhere"), "no model code 'nowhere'"),
}


def refused_and_nothing_changed(shared: Machine, mistaken: dict[str, Any]) -> str:
    """What `up` said to a stack file that it must refuse."""
    before, good = shared.resources(), shared.stack_file.read_text()
    shared.stack_file.write_text(yaml.safe_dump(mistaken))
    done = shared.run("up")
    shared.stack_file.write_text(good)
    assert done.returncode == 1
    assert shared.resources() == before
    return done.stdout + done.stderr


def test_every_mistake_in_the_stack_file_is_named_and_changes_nothing(shared: Machine) -> None:
    content = yaml.safe_load(shared.stack_file.read_text())
    models = content["config"]["takeoff:models"]
    good = models[MODEL]
    for name, (spoil, _) in MISTAKES.items():
        models[name] = copy.deepcopy(good)
        spoil(models[name])
    models["x" * 31] = good
    said = refused_and_nothing_changed(shared, content)
    for name, (_, where) in MISTAKES.items():
        assert f"takeoff:models.{name}.{where}: got" in said
    assert f"takeoff:models.{'x' * 31}: got" in said
    assert f"takeoff:models.{MODEL}" not in said, "the good one is not blamed"


@pytest.mark.parametrize("mistake", ALONE)
def test_a_mistake_that_only_the_whole_shows_stops_up_and_changes_nothing(shared: Machine, mistake: str) -> None:
    spoil, expected = ALONE[mistake]
    content = yaml.safe_load(shared.stack_file.read_text())
    spoil(content["config"]["takeoff:models"][MODEL])
    assert expected in refused_and_nothing_changed(shared, content)


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


def kill_after(killed: Machine, created: int) -> None:
    """`make up`, killed with everything it started when the engine reports its n-th resource."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        cwd=REPOSITORY,
        env=killed.env,
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


@pytest.mark.parametrize("kills", [(3, 12), pytest.param((7,), marks=SLOW), pytest.param((20,), marks=SLOW)])
def test_up_killed_after_a_resource_is_made_good_by_the_next_up(fresh: Machine, kills: tuple[int, ...]) -> None:
    for created in kills:
        kill_after(fresh, created)
    fresh.up()
    assert set(changes(fresh.up())) == {"unchanged"}
    listed = fresh.resources()
    assert len([name for name in listed if name.startswith("key ")]) == 1, "no orphan"
    assert len([name for name in listed if name.startswith("endpoint ")]) == 1


@SLOW
def test_an_up_of_the_shipped_stack_that_is_killed_again_and_again_is_made_good_by_the_next(tmp_path: Path) -> None:
    """Each goes a little further; what the account refuses to make twice is met on the way."""
    with machine(tmp_path, shipped=True) as whole:
        for created in (20, 30, 40, 20):
            kill_after(whole, created)
        whole.up()
        assert set(changes(whole.up())) == {"unchanged"}


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
    checkpoint.with_name("local.json.attrs").write_text("")
    assert set(changes(shared.up())) == {"unchanged"}


def test_what_an_unfinished_up_made_behind_the_states_back_is_removed_and_nothing_else(shared: Machine) -> None:
    """As when the account dies between making a role and telling the engine so."""
    before = shared.resources()
    (shared.state.root / "up-unfinished").touch()
    name, trust = "takeoff-local-orphan", '{"Version": "2012-10-17", "Statement": []}'
    role = shared.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    shared.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:nothing", "RoleArn": role},
    )
    shared.client("lakeformation").register_resource(ResourceArn=f"arn:aws:s3:::{name}", RoleArn=role)
    shared.client("logs").create_log_group(logGroupName=f"/aws/codebuild/{name}")
    sagemaker = shared.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=shared.endpoint()["EndpointConfigName"])
    orphan = f"{ENDPOINT}-9999-00000000"
    sagemaker.create_endpoint_config(EndpointConfigName=orphan, ProductionVariants=variants["ProductionVariants"])
    output = shared.up()
    assert f"removed Role {name}" in output
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


def test_down_leaves_nothing_of_ours_and_up_begins_again(shared: Machine) -> None:
    """After a second release, whose predecessor the state no longer knows."""
    committed = shared.stack_file.read_text()
    shared.edit(lambda model: model["variants"][1].update(instanceType="ml.c7i.large"))
    shared.up()
    assert shared.wish().generation > 1
    shared.stack_file.write_text(committed)
    done = shared.run("down")
    assert done.returncode == 0, end(done)
    assert daemon.status(shared.state) is None
    assert shared.resources() == []
    shared.up()
    assert shared.endpoint()["EndpointConfigName"].startswith(f"{ENDPOINT}-0001-")


def test_a_second_up_beside_a_running_one_is_refused(shared: Machine, tmp_path: Path) -> None:
    lock = shared.state.backend / ".pulumi/locks/organization/takeoff/local/held.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": os.getpid()}))
    done = shared.run("up")
    lock.unlink()
    assert done.returncode == 1
    assert f"pid {os.getpid()}" in done.stderr
