from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path

import pytest

from local.state import State
from local.toolchain import __main__ as command
from local.toolchain import build, doctor, home

pytestmark = pytest.mark.usefixtures("bare")


@pytest.fixture
def bare(toolchain: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing but Python, and an emulated account that no one has started."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("TAKEOFF_STATE", str(state.root))
    monkeypatch.setenv("TAKEOFF_PORT", "0")
    monkeypatch.setattr(doctor, "CACHE", toolchain)


def answers(state: State) -> dict[str, str]:
    return {each.part: each.answer for each in doctor.examine(state)}


def test_a_bare_machine_is_told_what_will_be_built_and_nothing_is_made(
    state: State, toolchain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["doctor"]) == 0
    table = capsys.readouterr().out
    assert "will build" in table
    assert f"Pulumi {build.VERSION} from its Go module" in table.replace("\n", " ")
    assert not state.root.exists()
    assert not toolchain.exists()


def test_what_is_present_is_found(state: State) -> None:
    home.write(build.folder() / build.EXEC_SCRIPT, "")
    home.write(build.folder() / "pulumi", "", mode=0o755)
    home.prepare(state, build.folder() / "pulumi", build.folder() / build.EXEC_SCRIPT)
    assert answers(state) == {
        "Python": "found", "Packages": "found", "Engine": "found", "Go": "found", "Language host": "found",
        "AWS provider": "found", "Stack backend": "found", "Emulated account": "will make", "Disk": "found",
    }  # fmt: skip


def test_too_little_disk_for_a_build_is_named_and_fails(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: _Usage(3e9))
    assert command.main(["doctor"]) == 1
    assert "`make up` cannot work: Disk: got 3.0 GB" in capsys.readouterr().err


class _Usage:
    def __init__(self, free: float) -> None:
        self.free = free


def test_little_disk_is_enough_when_nothing_is_left_to_build(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write(build.folder() / build.EXEC_SCRIPT, "")
    home.write(build.folder() / "pulumi", "", mode=0o755)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: _Usage(1e9))
    assert answers(state)["Disk"] == "found"


def test_an_old_python_fails_and_says_what_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PYTHON", (9, 0))
    assert command.main(["doctor"]) == 1
    assert f"Python: got {sys.version.split()[0]}, needs 9.0 or later" in capsys.readouterr().err


def test_a_missing_package_fails_and_names_make_setup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_wanted", lambda: iter(["pulumi", "not-a-package"]))
    assert command.main(["doctor"]) == 1
    assert "Packages: missing not-a-package: run `make setup`" in capsys.readouterr().err


def test_the_packages_looked_for_are_those_of_the_local_extra() -> None:
    wanted = set(doctor._wanted())
    assert {"pulumi", "pulumi-aws", "boto3", "moto", "aiohttp"} <= wanted
    assert not {"ruff", "mypy", "pytest"} & wanted


def test_a_port_that_another_program_holds_fails_and_names_the_way_out(
    state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("TAKEOFF_PORT", str(port))
        assert command.main(["doctor"]) == 1
    assert f"port {port} is another program's: stop it, or choose a port with TAKEOFF_PORT" in capsys.readouterr().err


def test_a_running_daemon_is_found_on_its_port(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as daemon:
        port = daemon.getsockname()[1]
        home.write(state.daemon_file, json.dumps({"endpoint": f"http://127.0.0.1:{port}"}))
        monkeypatch.setenv("TAKEOFF_PORT", str(port))
        assert answers(state)["Emulated account"] == "found"


def test_json_holds_what_the_table_holds(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["doctor", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [each["part"] for each in printed] == list(answers(state))
    assert {"part", "answer", "detail", "minutes", "disk_gb"} == set(printed[0])


def test_each_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in ("doctor", "env", "shell", "build"))
