"""A cluster's life, with programs that only answer: what is begun, ended, found again after a kill, left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud.processes import birth
from local.cluster import control
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.cluster.record import Record, read
from local.state import State
from local.toolchain.progress import Progress
from tests.local.cluster.conftest import PARTS

TYPES = ("c7i.large", "g6.xlarge")
pytestmark = pytest.mark.usefixtures("alone", "programs")


def said(state: State, name: str) -> list[str]:
    return (state.root / "cluster" / name).read_text().split()


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)


def test_a_start_waits_until_every_part_answers_and_a_second_one_finds_it(state: State, progress: Progress) -> None:
    record = control.start(state, TYPES, progress)
    assert record.ready
    assert list(record.processes) == list(PARTS)
    assert all(birth(pid) for pid in record.processes.values())
    assert list(record.took)[:3] == ["etcd", "kube-apiserver", "definitions"]
    assert control.start(state, TYPES, progress) == record
    assert control.status(state) == record


def test_karpenter_begins_only_after_its_kinds_are_served(state: State, progress: Progress) -> None:
    control.start(state, TYPES, progress)
    assert said(state, "begun")[:2] == ["etcd", "kube-apiserver"]
    assert "customresourcedefinitions/pools.x" in said(state, "applied")[0]
    assert int(said(state, "karpenter-saw")[0]) > 2


def test_the_instance_types_that_were_asked_for_are_what_karpenter_reads(state: State, progress: Progress) -> None:
    control.start(state, TYPES, progress)
    written = json.loads(Layout.of(state).instance_types.read_text())
    assert [each["name"] for each in written] == list(TYPES)


def test_a_program_outside_reaches_the_api_server_by_the_kubeconfig(state: State, progress: Progress) -> None:
    control.start(state, TYPES, progress)
    assert Api(Layout.of(state).kubeconfig).get("/api/v1/nodes") == {"path": "/api/v1/nodes"}


def test_nothing_of_the_cluster_listens_on_the_machines_own_loopback(state: State, progress: Progress) -> None:
    record = control.start(state, TYPES, progress)
    for pid in record.processes.values():
        assert Path(f"/proc/{pid}/ns/net").stat().st_ino != Path("/proc/self/ns/net").stat().st_ino


def test_a_stop_ends_the_api_server_after_its_clients_and_etcd_last(state: State, progress: Progress) -> None:
    record = control.start(state, TYPES, progress)
    assert control.stop(state)
    assert sorted(said(state, "ended")[:4]) == sorted(PARTS[2:])
    assert said(state, "ended")[4:] == ["kube-apiserver", "etcd"]
    assert [pid for pid in (record.pid, *record.processes.values()) if birth(pid)] == []
    assert control.status(state) is None
    assert not control.stop(state)


def test_certificates_survive_a_stop_and_go_with_what_is_forgotten(state: State, progress: Progress) -> None:
    layout = Layout.of(state)
    control.start(state, TYPES, progress)
    before = (layout.certificates / "ca.crt").read_bytes()
    control.stop(state)
    control.start(state, TYPES, progress)
    assert (layout.certificates / "ca.crt").read_bytes() == before
    control.stop(state, forget=True)
    assert not layout.root.exists()


def test_other_instance_types_start_the_cluster_anew(state: State, progress: Progress) -> None:
    before = control.start(state, TYPES, progress)
    after = control.start(state, TYPES[:1], progress)
    assert after.pid != before.pid
    assert birth(before.pid) is None


def test_what_a_killed_supervisor_left_is_ended_by_the_next_start(state: State, progress: Progress) -> None:
    killed = control.start(state, TYPES, progress)
    os.kill(killed.pid, signal.SIGKILL)
    os.waitpid(killed.pid, 0)
    assert birth(killed.processes["etcd"])
    after = control.start(state, TYPES, progress)
    assert after.ready
    assert [name for name, pid in killed.processes.items() if birth(pid)] == []


def test_a_start_that_is_killed_can_be_run_again(state: State, progress: Progress) -> None:
    layout = Layout.of(state)
    (layout.root / "slow-kwok").touch()
    code = f"""
from pathlib import Path
from local.cluster import control
from local.state import State
from local.toolchain.progress import Progress
import sys
control.build = lambda _: Path({str(state.root.with_name("programs"))!r})
control.start(State(Path({str(state.root)!r})), {TYPES!r}, Progress(sys.stderr))
"""
    starting = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    until(lambda: (found := read(layout)) and "kube-scheduler" in found.took)
    starting.kill()
    starting.wait()
    (layout.root / "slow-kwok").unlink()
    assert control.start(state, TYPES, progress).ready


def test_a_process_that_got_an_old_pid_is_left_alone(state: State) -> None:
    layout = Layout.of(state)
    with subprocess.Popen(["sleep", "60"], process_group=0) as other:
        layout.pids.mkdir()
        (layout.pids / str(other.pid)).write_text("of an earlier boot")
        Record(pid=other.pid, birth="of an earlier boot", wanted="").write(layout)
        assert not control.stop(state)
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("name", ["etcd", "karpenter"])
def test_a_part_that_does_not_start_is_named_with_the_end_of_its_log(
    name: str, state: State, progress: Progress
) -> None:
    (Layout.of(state).root / f"broken-{name}").touch()
    with pytest.raises(control.ClusterError, match=rf"(?s){name} ended with status 1; .*nothing works"):
        control.start(state, TYPES, progress)
    assert not any(Layout.of(state).pids.iterdir())


def test_a_part_that_dies_later_ends_the_whole_cluster_and_the_status_says_why(
    state: State, progress: Progress
) -> None:
    record = control.start(state, TYPES, progress)
    os.kill(record.processes["kwok"], signal.SIGKILL)
    until(lambda: (found := control.status(state)) and found.failed)
    until(lambda: not record.lives)
    found = control.status(state)
    assert found is not None
    assert found.failed.startswith("kwok ended with status -9")
    assert [name for name, pid in record.processes.items() if birth(pid)] == []
    assert control.start(state, TYPES, progress).ready
