from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import language_pb2_grpc

from local.state import REPOSITORY
from local.toolchain import language_host

# Plays the engine: starts the language host, says its port and process id, and waits to be killed.
ENGINE = """
import subprocess, sys, time
command = [sys.executable, "-m", "local.toolchain.language_host", "--exec-script", sys.argv[1], "127.0.0.1:1"]
host = subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0)
print(host.stdout.readline().decode().strip(), host.pid, flush=True)
time.sleep(600)
"""
# Plays pulumi-language-python-exec: shows what it was given, or holds the pipe until it is killed.
PROGRAM = """
import json, os, sys
if os.environ.get("HELD"):
    open(os.environ["HELD"], "w").write("running")
    import time; time.sleep(600)
json.dump([sys.argv[1:], os.environ["PULUMI_CONFIG"], os.environ["PULUMI_CONFIG_SECRET_KEYS"]], open("ran.json", "w"))
sys.exit(int(os.environ.get("LEAVE", "0")))
"""


def run_request(folder: Path) -> pb.RunRequest:
    return pb.RunRequest(
        project="takeoff", stack="local", pwd=str(folder), dryRun=True, parallel=4, monitor_address="127.0.0.1:2",
        organization="organization", config={"takeoff:who": "world"}, configSecretKeys=["takeoff:key"],
        info=pb.ProgramInfo(root_directory="/project", program_directory="/project/infra", entry_point="."),
    )  # fmt: skip


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "exec").write_text(PROGRAM)
    return str(tmp_path / "exec")


def test_a_program_gets_the_engines_addresses_its_folder_and_its_config(tmp_path: Path, script: str) -> None:
    answer = language_host.LanguageHost("127.0.0.1:1", script).Run(run_request(tmp_path), None)
    assert (answer.error, answer.bail) == ("", False)
    arguments, config, secret = json.loads((tmp_path / "ran.json").read_text())
    assert arguments == [
        "--monitor", "127.0.0.1:2", "--engine", "127.0.0.1:1", "--project", "takeoff", "--root_directory", "/project",
        "--stack", "local", "--pwd", str(tmp_path), "--dry_run", "true", "--parallel", "4",
        "--organization", "organization", "/project/infra",
    ]  # fmt: skip
    assert (config, secret) == ('{"takeoff:who": "world"}', '["takeoff:key"]')


@pytest.mark.parametrize(("code", "error", "bail"), [("1", "the program exited with code 1", False), ("32", "", True)])
def test_a_program_that_fails_is_reported_once(
    code: str, error: str, bail: bool, tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAVE", code)
    answer = language_host.LanguageHost("127.0.0.1:1", script).Run(run_request(tmp_path), None)
    assert (answer.error, answer.bail) == (error, bail)


def test_a_policy_pack_goes_to_the_sdks_policy_server_and_any_other_plugin_is_a_program() -> None:
    info = pb.ProgramInfo(program_directory="/packs/mine")
    pack = pb.RunPluginRequest(kind="analyzer", pwd="/elsewhere", info=info, args=["127.0.0.1:1"])
    plain = pb.RunPluginRequest(kind="resource", pwd="/elsewhere", info=info, args=["127.0.0.1:1"])
    python = [sys.executable, "-u"]
    assert language_host.plugin_command(pack) == (
        [*python, "-m", "pulumi.policy", "127.0.0.1:1", "/packs/mine"],
        "/packs/mine",
    )
    assert language_host.plugin_command(plain) == ([*python, "/packs/mine", "127.0.0.1:1"], "/elsewhere")


def test_a_plugins_outputs_and_exit_code_come_through(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import os, sys; print(os.environ['GIVEN']); print('oh', file=sys.stderr); sys.exit(3)"
    )

    class Context:
        def add_callback(self, _ended: object) -> None: ...

    request = pb.RunPluginRequest(
        kind="resource", pwd=str(tmp_path), env=["GIVEN=a=b"], info=pb.ProgramInfo(program_directory=str(tmp_path))
    )
    answers = list(language_host.LanguageHost("", "").RunPlugin(request, Context()))
    assert b"".join(each.stdout for each in answers) == b"a=b\n"
    assert b"".join(each.stderr for each in answers) == b"oh\n"
    assert answers[-1].exitcode == 3


def test_the_installed_aws_package_is_asked_for_with_its_version() -> None:
    (aws,) = [each for each in language_host.required_packages() if each.name == "aws"]
    assert aws.kind == "resource"
    assert aws.version.startswith("v7.")


@pytest.mark.parametrize("ending", ["the engine is killed", "the engine ends the host"])
def test_host_and_program_end_when(ending: str, tmp_path: Path, script: str) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    env = os.environ | {"HELD": str(held), "PYTHONPATH": str(REPOSITORY)}
    # Both inherit this pipe: it ends when the last of them has ended.
    read, write = os.pipe()
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, script], env=env, stdout=subprocess.PIPE, stderr=write, text=True
    )
    os.close(write)
    assert engine.stdout
    port, host = engine.stdout.readline().split()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        running = language_pb2_grpc.LanguageRuntimeStub(channel).Run.future(run_request(tmp_path))
        assert held.read_text() == "running"
        if ending == "the engine is killed":
            engine.kill()
        else:
            os.kill(int(host), signal.SIGINT)
        assert isinstance(running.exception(timeout=10), grpc.RpcError)
    engine.kill()
    engine.wait()
    assert select.select([read], [], [], 10)[0], "the host or the program is still there"
    assert os.read(read, 65536) == b""
    os.close(read)
