"""The real engine, our language host and the wrapper, on a program of its own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from local.state import State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready

pytestmark = pytest.mark.engine

PROGRAM = """
import os, pulumi
class Thing(pulumi.ComponentResource):
    def __init__(self, name): super().__init__("test:index:Thing", name)
Thing("one")
pulumi.export("who", pulumi.Config().require("who"))
pulumi.export("hidden", pulumi.Output.secret("a-secret-that-must-not-show"))
if os.environ.get("HELD"):
    held = open(os.environ["HELD"], "w", buffering=1)
    print("running", file=held)
    import time; time.sleep(600)
"""
STACK_FILE = "# a comment that must stay\nconfig:\n  throwaway:who:   world # and this spacing"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    found = State(tmp_path_factory.mktemp("state"))
    ready(found, Progress(sys.stderr))
    return found


@pytest.fixture
def project(state: State, tmp_path: Path) -> Path:
    files = {
        "Pulumi.yaml": "name: throwaway\nruntime: python\nmain: infra/\nstackConfigDir: stacks\n",
        "stacks/Pulumi.local.yaml": STACK_FILE,
        "infra/__main__.py": PROGRAM,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    ensure_stack("local", environment(state, None), tmp_path)
    return tmp_path


def pulumi(state: State, project: Path, *arguments: str) -> str:
    answer = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"], cwd=project, env=environment(state, None),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "warning" not in (answer.stdout + answer.stderr)
    return answer.stdout


def test_a_program_is_previewed_applied_and_destroyed_and_its_stack_file_stays_byte_for_byte(
    state: State, project: Path
) -> None:
    assert "+ 2 to create" in pulumi(state, project, "preview", "-s", "local")
    assert "+ 2 created" in pulumi(state, project, "up", "--yes")
    assert "2 unchanged" in pulumi(state, project, "up", "--yes")
    assert pulumi(state, project, "stack", "output", "who").strip() == "world"
    assert pulumi(state, project, "config", "get", "who").strip() == "world"
    assert "world" in pulumi(state, project, "stack", "history", "--show-secrets", "--json")
    assert "- 2 deleted" in pulumi(state, project, "destroy", "--yes")
    pulumi(state, project, "stack", "rm", "--yes", "local")
    ensure_stack("local", environment(state, None), project)
    assert (project / "stacks" / "Pulumi.local.yaml").read_text() == STACK_FILE


def test_a_secret_is_encrypted_in_the_state_and_the_passphrase_opens_it(state: State, project: Path) -> None:
    pulumi(state, project, "up", "--yes")
    stored = "".join(file.read_text() for file in state.backend.rglob("*.json"))
    assert "throwaway-local" in stored
    assert "a-secret-that-must-not-show" not in stored
    shown = pulumi(state, project, "stack", "output", "hidden", "--show-secrets").strip()
    assert shown == "a-secret-that-must-not-show"
    assert "a-secret-that-must-not-show" not in pulumi(state, project, "stack", "output")


def test_no_process_outlives_an_engine_that_is_killed(state: State, project: Path) -> None:
    held = project / "held"
    os.mkfifo(held)
    env = environment(state, None) | {"HELD": str(held)}
    # The host inherits the pipe, the program holds the other end of `held`: each ends when its holder has ended.
    read, write = os.pipe()
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    engine = subprocess.Popen(["pulumi", "preview"], cwd=project, env=env, pass_fds=[write], **silent)
    os.close(write)
    with held.open() as program:
        assert program.readline() == "running\n"
        engine.kill()
        engine.wait()
        for end in (program.fileno(), read):
            assert select.select([end], [], [], 10)[0], "a process of the run is still there"
            assert os.read(end, 1) == b""
    os.close(read)
