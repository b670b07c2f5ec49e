"""The daemon: what it says when it cannot start, and what it remembers when it was killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import daemon, processes
from local.state import State
from tests.local.cloud.emulated import Cloud, gone, until


def kill(cloud: Cloud) -> None:
    """kill -9, as a power cut would."""
    pid = json.loads(cloud.state.daemon_file.read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: processes.birth(pid) is None)


def written(cloud: Cloud) -> None:
    """Until everything so far is on the disk."""
    cloud.client("ssm").put_parameter(Name="/mark", Value="x", Type="String", Overwrite=True)
    until(lambda: not (daemon.status(cloud.state) or {})["snapshot"]["pending"])


@pytest.fixture(scope="module")
def killed(new_cloud: Callable[..., Cloud]) -> tuple[Cloud, dict[str, object], dict[str, object]]:
    """An account with something of everything, killed and started again: before, and the new daemon's health."""
    cloud = new_cloud(TAKEOFF_CLOUD_DELAYS='{"updating": 600}')
    endpoint = cloud.deploy(("main", cloud.model("one"), 3, 2), ("candidate", cloud.model("two"), 1, 1))
    updating, config = (
        cloud.deploy(("main", cloud.model("one"), 1, 1)),
        cloud.config(("main", cloud.model("two"), 1, 1)),
    )
    cloud.sagemaker.update_endpoint(EndpointName=updating, EndpointConfigName=config)
    cloud.reweigh(endpoint, main={"DesiredWeight": 1})
    cloud.settled(endpoint)
    key = cloud.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signature = cloud.client("kms").sign(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")["Signature"]
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    steps = cloud.client("stepfunctions")
    machine = steps.create_state_machine(name="m", definition=json.dumps(waiting), roleArn=cloud.role())
    execution = steps.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    function = cloud.function("def handler(event, context): return 'again'\n")
    before = {"endpoint": endpoint, "key": key, "signature": signature, "execution": execution, "function": function}
    written(cloud)
    before |= {"pids": cloud.pids(endpoint), "updating": updating, "config": config}
    kill(cloud)
    return cloud, before, cloud.start()


Killed = tuple[Cloud, dict[str, object], dict[str, object]]


def test_after_a_kill_every_endpoint_serves_again_as_it_was(killed: Killed) -> None:
    cloud, before, health = killed
    endpoint = str(before["endpoint"])
    assert health["restored"]["endpoints"] == [endpoint, before["updating"]]  # type: ignore[index]
    assert cloud.describe(endpoint)["EndpointStatus"] == "InService"
    assert [each["CurrentWeight"] for each in cloud.describe(endpoint)["ProductionVariants"]] == [1, 1]
    assert [cloud.ask(endpoint)["version"] for _ in range(4)].count("one") == 2


def test_after_a_kill_the_old_model_processes_are_gone_and_it_is_said(killed: Killed) -> None:
    cloud, before, health = killed
    assert health["clean_stop"] is False
    assert health["reaped"] == 4
    assert all(gone(pid) for pid in before["pids"])  # type: ignore[attr-defined]
    assert len(cloud.pids(str(before["endpoint"]))) == 3


def test_after_a_kill_keys_functions_and_parameters_are_what_they_were(killed: Killed) -> None:
    cloud, before, _ = killed
    algorithm = "RSASSA_PSS_SHA_256"
    assert cloud.client("kms").verify(
        KeyId=before["key"], Message=b"m", Signature=before["signature"], SigningAlgorithm=algorithm
    )["SignatureValid"]
    assert cloud.client("lambda").invoke(FunctionName=before["function"])["Payload"].read() == b'"again"'
    assert cloud.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{before['function']}")["logStreams"]
    assert cloud.client("ssm").get_parameter(Name="/mark")["Parameter"]["Type"] == "String"


def test_after_a_kill_what_ran_in_step_functions_is_aborted(killed: Killed) -> None:
    cloud, before, _ = killed
    found = cloud.client("stepfunctions").describe_execution(executionArn=before["execution"])
    assert (found["status"], found["error"]) == ("ABORTED", "Takeoff.DaemonStopped")
    history = cloud.client("stepfunctions").get_execution_history(executionArn=before["execution"])["events"]
    assert "WaitStateEntered" in [event["type"] for event in history]


def test_an_update_that_was_killed_is_finished_by_the_next_daemon(killed: Killed) -> None:
    cloud, before, _ = killed
    updating = str(before["updating"])
    assert cloud.settled(updating)["EndpointConfigName"] == before["config"]
    assert cloud.ask(updating)["version"] == "two"


def test_a_stop_is_clean_ends_every_process_and_keeps_the_account(killed: Killed) -> None:
    cloud, before, _ = killed
    endpoint = str(before["endpoint"])
    pids = cloud.pids(endpoint)
    assert daemon.stop(cloud.state) is True
    assert all(gone(pid) for pid in pids)
    assert (daemon.stop(cloud.state), daemon.status(cloud.state)) == (False, None)
    health = cloud.start()
    assert (health["clean_stop"], health["restored"]["endpoints"]) == (True, [endpoint, before["updating"]])
    assert cloud.ask(endpoint, TargetVariant="main")["version"] == "one"


def test_a_taken_port_is_refused_with_who_has_it_and_what_to_do(cloud: Cloud, tmp_path: Path) -> None:
    port = int(cloud.endpoint.rpartition(":")[2])
    with pytest.raises(
        daemon.DaemonError, match=rf"port {port} .* taken by the emulated account in .*TAKEOFF_PORT=\d+"
    ):
        daemon.start(State(tmp_path), port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        with pytest.raises(daemon.DaemonError, match=f"port {taken} .* taken by another program"):
            daemon.start(State(tmp_path), taken)


def test_starting_a_daemon_that_runs_changes_nothing(cloud: Cloud) -> None:
    pid = json.loads(cloud.state.daemon_file.read_text())["pid"]
    assert daemon.start(cloud.state)["pid"] == pid


def test_a_daemon_of_older_code_is_ended_and_one_of_todays_is_left(tmp_path: Path) -> None:
    state = State(tmp_path)
    daemon.start(state, 0)
    assert daemon.end_outdated(state) is False
    record = json.loads(state.daemon_file.read_text())
    state.daemon_file.write_text(json.dumps(record | {"code": "of last week"}))
    assert daemon.end_outdated(state) is True
    assert processes.birth(record["pid"]) is None
    assert daemon.end_outdated(state) is False


def test_a_daemon_that_ends_while_it_is_waited_for_is_followed_by_another(tmp_path: Path) -> None:
    """It was killed a moment ago, and the kernel has not got to it yet."""
    program = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); s.accept()"
    )
    state = State(tmp_path)
    state.cloud.mkdir()
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout
        endpoint = f"http://127.0.0.1:{dying.stdout.readline().strip()}"
        record = {"pid": dying.pid, "boot": processes.birth(dying.pid), "endpoint": endpoint}
        state.daemon_file.write_text(json.dumps(record))
        assert daemon.start(state, 0)["pid"] != dying.pid
    assert daemon.stop(state)


def test_a_record_of_a_pid_that_is_somebody_else_s_by_now_ends_nothing(tmp_path: Path) -> None:
    state = State(tmp_path)
    (state.cloud / "pids").mkdir(parents=True)
    state.daemon_file.write_text(json.dumps({"pid": os.getpid(), "boot": "another life", "endpoint": "x"}))
    (state.cloud / "pids" / str(os.getpid())).write_text("another life")
    assert daemon.stop(state) is False


def test_status_counts_what_the_account_runs(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1))
    for _ in range(3):
        cloud.ask(endpoint)
    status = daemon.status(cloud.state)
    assert status
    found = status["endpoints"][endpoint]
    assert (found["status"], found["variants"]["main"]["invocations"]) == ("InService", 3)
    assert found["variants"]["main"]["limit"] == 2
    assert status["daemon"]["endpoint"] == cloud.endpoint
