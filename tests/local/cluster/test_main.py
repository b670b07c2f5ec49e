from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.cluster import __main__, control, namespace, stack_file
from local.cluster.layout import Layout
from local.cluster.record import Record
from local.state import State


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("TAKEOFF_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TAKEOFF_STACK", "local")
    return State((tmp_path / "state").resolve())


def test_a_machine_without_namespaces_is_told_before_anything_is_compiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(*_: object, **__: object) -> Path:
        raise AssertionError("it compiled")

    monkeypatch.setattr(__main__, "build", build)
    monkeypatch.setattr(namespace, "refusal", lambda: "network namespaces are Linux's; got darwin")
    assert __main__.main(["build"]) == __main__.IMPOSSIBLE != 1
    said = capsys.readouterr().err
    assert "no cluster on this machine: network namespaces are Linux's; got darwin. The AWS half works" in said


@pytest.mark.usefixtures("state")
def test_without_a_cluster_the_status_is_1_and_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["status"]) == 1
    assert "python -m local.cluster start" in capsys.readouterr().out
    assert __main__.main(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"lives": False, "memory_mib": {}}


def test_the_status_of_a_cluster_that_ended_by_itself_says_why(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    Record(pid=1, birth="of an earlier boot", wanted="", failed="kwok ended with status 2").write(Layout.of(state))
    assert __main__.main(["status"]) == 1
    assert "the cluster ended: kwok ended with status 2" in capsys.readouterr().out


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("words", [["kubectl", "get", "pods"], []])
def test_a_command_in_a_cluster_that_does_not_run_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["exec", *words]) == 1
    assert "no cluster runs" in capsys.readouterr().err


@pytest.mark.usefixtures("state")
def test_a_start_offers_the_types_that_the_stack_files_pools_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text("config: {'takeoff:nodePools': {gpu: {types: [g6.xlarge]}}}")
    offered: list[tuple[str, ...]] = []
    monkeypatch.setattr(stack_file, "REPOSITORY", tmp_path)
    monkeypatch.setattr(control, "start", lambda _state, types, _progress: offered.append(types))
    assert __main__.main(["start"]) == 0
    assert offered == [("g6.xlarge",)]
    assert capsys.readouterr().out.strip().endswith("kubeconfig.json")


@pytest.mark.usefixtures("state")
def test_a_pool_with_a_type_that_nobody_knows_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text("config: {'takeoff:nodePools': {gpu: {types: [g0.tiny]}}}")
    monkeypatch.setattr(stack_file, "REPOSITORY", tmp_path)
    assert __main__.main(["start"]) == 1
    assert capsys.readouterr().err.startswith("cluster: nodePools.gpu.types: got 'g0.tiny'; allowed: ")
