from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.state import State
from local.toolchain import build, home
from local.toolchain.environment import environment
from local.toolchain.progress import Progress
from local.toolchain.ready import ready

Executable = Callable[[str, str], Path]
# Plays `pulumi stack init NAME`: as the engine does, it writes the state and then the salt into the stack file.
FAKE_ENGINE = """
project=$(sed -n 's/^name: //p' Pulumi.yaml)
checkpoint=$TAKEOFF_STATE/backend/.pulumi/stacks/$project/$3.json
[ "$3" != broken ] || { echo "error: no space left" >&2; exit 255; }
echo "$@" >> "$TAKEOFF_STATE/calls"
mkdir -p "$(dirname "$checkpoint")"
echo '{"checkpoint": {"latest": {"secrets_providers": {"state": {"salt": "v1:one:two"}}}}}' > "$checkpoint"
echo 'encryptionsalt: v1:one:two' > "Pulumi.$3.yaml"
"""


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(file): (file.lstat().st_mtime_ns, file.lstat().st_mode) for file in folder.rglob("*")}


def test_a_home_is_made_whole_and_a_second_time_nothing_is_written(state: State, tmp_path: Path) -> None:
    home.prepare(state, tmp_path / "pulumi", tmp_path / "script")
    made = everything(state.root)
    plugins = {name: importlib.metadata.version(f"pulumi-{name}") for name in ("aws", "kubernetes")}
    assert {str(file.relative_to(state.root)) for file in state.root.rglob("*") if not file.is_dir()} == {
        "backend/emulated-account",
        "passphrase",
        "engine",
        "bin/pulumi",
        *(f"home/plugins/resource-{name}-v{version}/pulumi-resource-{name}" for name, version in plugins.items()),
        f"home/plugins/language-python-v{importlib.metadata.version('pulumi')}/pulumi-language-python",
    }
    home.prepare(state, tmp_path / "pulumi", tmp_path / "script")
    assert everything(state.root) == made


def test_the_passphrase_is_random_and_only_its_owner_may_read_it(state: State, tmp_path: Path) -> None:
    other = State(tmp_path / "other")
    for each in (state, other):
        home.prepare(each, tmp_path / "pulumi", None)
        assert each.passphrase.stat().st_mode & 0o777 == 0o600
        assert len(each.passphrase.read_text()) >= 32
    assert state.passphrase.read_text() != other.passphrase.read_text()


def test_an_engine_that_moved_is_followed(state: State, tmp_path: Path) -> None:
    home.prepare(state, tmp_path / "old", None)
    home.prepare(state, tmp_path / "new", None)
    assert (state.root / "engine").readlink() == tmp_path / "new"


def test_a_plugin_runs_this_interpreter_on_this_repository_from_anywhere(state: State, tmp_path: Path) -> None:
    home.prepare(state, tmp_path / "pulumi", tmp_path / "script")
    host = subprocess.run([home.own_host(state), "--help"], cwd="/", env={}, capture_output=True, text=True, check=True)
    assert "language host for Python" in host.stdout


def test_a_stack_is_made_once_beside_the_project_and_its_file_stays_as_it_was(
    state: State, tmp_path: Path, executable: Executable
) -> None:
    (tmp_path / "Pulumi.yaml").write_text('# a project\nname: "takeoff"\nruntime: python\n')
    (tmp_path / "Pulumi.local.yaml").write_text("config: {}\n")
    before = everything(tmp_path)
    home.prepare(state, executable("tools/engine", FAKE_ENGINE), None)
    for _ in range(2):
        home.ensure_stack("local", environment(state, None), tmp_path)
    assert (state.root / "calls").read_text() == "stack init local --no-select --non-interactive\n"
    assert (state.root / "stacks" / "takeoff" / "Pulumi.local.yaml").read_text() == "encryptionsalt: v1:one:two\n"
    kept = {name: now for name, now in everything(tmp_path).items() if name in before and not Path(name).is_dir()}
    assert kept == before


def test_a_salt_that_was_lost_is_read_from_the_state(state: State, tmp_path: Path, executable: Executable) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: takeoff\n")
    home.prepare(state, executable("tools/engine", FAKE_ENGINE), None)
    home.ensure_stack("local", environment(state, None), tmp_path)
    (state.root / "stacks" / "takeoff" / "Pulumi.local.yaml").unlink()
    home.ensure_stack("local", environment(state, None), tmp_path)
    assert (state.root / "stacks" / "takeoff" / "Pulumi.local.yaml").read_text() == "encryptionsalt: v1:one:two\n"
    assert (state.root / "calls").read_text().count("\n") == 1


def test_a_stack_that_cannot_be_made_says_why(state: State, tmp_path: Path, executable: Executable) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: takeoff\n")
    home.prepare(state, executable("tools/engine", FAKE_ENGINE), None)
    with pytest.raises(RuntimeError, match=r"stack 'broken' could not be made in .*: error: no space left"):
        home.ensure_stack("broken", environment(state, None), tmp_path)


def test_a_file_is_never_seen_half_written(tmp_path: Path) -> None:
    target = tmp_path / "file"
    home.write(target, "one")
    first = target.stat().st_ino
    home.write(target, "two")
    assert target.stat().st_ino != first
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_the_official_language_host_is_preferred_to_ours(
    toolchain: Path, state: State, executable: Executable, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = executable("official/pulumi", "echo v3.250.0")
    official = executable("official/pulumi-language-python", "")
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")
    found = ready(state, progress)
    assert (found.engine, found.host) == (engine, official)
    assert found.exec_script == official.with_name(build.EXEC_SCRIPT)
    assert not home.own_host(state).exists()


def test_our_language_host_serves_an_engine_that_has_none(
    toolchain: Path, state: State, executable: Executable, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = executable("bare/pulumi", "echo v3.250.0")
    script = build.folder() / build.EXEC_SCRIPT
    home.write(script, "")
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")
    found = ready(state, progress)
    assert (found.host, found.exec_script) == (home.own_host(state), script)
    assert str(script) in home.own_host(state).read_text()
    assert found.pulumi == state.root / "bin" / "pulumi"
