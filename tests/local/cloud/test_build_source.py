"""What a build works on, and the programs that stand in front of a Deployer's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from local.cloud import build_engine, build_source
from local.cloud.account import Account
from local.cloud.build_source import SourceError, fetch
from local.state import State

SPEC = "version: 0.2\nphases:\n  install:\n    runtime-versions:\n      python: 3.12\n    commands:\n      - make\n"
NOTHING: Any = None


def github(**more: str) -> dict[str, str]:
    return {"type": "GITHUB", "location": "https://github.com/example/takeoff", "buildspec": SPEC, **more}


def test_a_repository_on_github_is_the_working_tree_without_its_history_and_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, folder, account = tmp_path / "tree", tmp_path / "build" / "src", NOTHING
    for name in (".git", ".takeoff", "infra"):
        (tree / name).mkdir(parents=True)
    (tree / "Pulumi.yaml").write_text("name: takeoff\n")
    monkeypatch.setattr(build_source, "REPOSITORY", tree)
    spec = fetch(github(), "main", folder, account)
    assert spec.phases == {"install": ["make"]}
    assert sorted(each.name for each in folder.iterdir()) == ["Pulumi.yaml", "infra"]
    (tree / "Pulumi.yaml").write_text("name: changed\n")
    assert (folder / "Pulumi.yaml").read_text() == "name: changed\n"
    (folder / "report").mkdir()
    assert not (tree / "report").exists()


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ({"type": "BITBUCKET"}, "CLIENT_ERROR", "sources of type BITBUCKET"),
        (github(buildspec="nowhere.yml"), "CLIENT_ERROR", "nowhere.yml"),
        (github(buildspec="version: 0.1\nphases: {}\n"), "YAML_FILE_ERROR", "allowed 0.2"),
        (
            github(buildspec="version: 0.2\nphases:\n  build:\n    runtime-versions: {}\n"),
            "YAML_FILE_ERROR",
            "phases.build",
        ),
    ],
)
def test_what_codebuild_could_not_fetch_or_read_is_refused(
    source: dict[str, str], code: str, said: str, tmp_path: Path
) -> None:
    account: Account = NOTHING
    with pytest.raises(SourceError, match=said) as caught:
        fetch(source, "", tmp_path / "src", account)
    assert caught.value.code == code


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state whose `pulumi` says what it was called with, and fails if that is `up --fail`."""
    made = State(tmp_path)
    wrapper = tmp_path / "bin" / "pulumi"
    wrapper.parent.mkdir()
    wrapper.write_text('#!/bin/sh\necho "$*" >> "$TAKEOFF_STATE/calls"\n[ "$2" != --fail ]\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("TAKEOFF_STATE", str(tmp_path))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{made.backend}")
    return made


def calls(state: State) -> list[str]:
    file = state.root / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_login_is_answered_with_this_machines_backend(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    assert build_engine.main("pulumi", ["login", "s3://state"]) == 0
    assert f"s3://state is played by file://{state.backend}" in capfd.readouterr().out
    assert calls(state) == []


def test_an_up_that_fails_leaves_its_mark_and_one_that_succeeds_takes_it_away(state: State) -> None:
    assert build_engine.main("pulumi", ["up", "--fail"]) == 1
    assert (state.root / "up-unfinished").exists()
    assert build_engine.main("pulumi", ["up", "--yes"]) == 0
    assert not (state.root / "up-unfinished").exists()
    assert build_engine.main("pulumi", ["stack"]) == 0
    assert calls(state) == ["up --fail", "up --yes", "stack"]


def test_pip_changes_nothing_and_python_is_this_one(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    assert build_engine.main("python", ["-m", "pip", "install", "--quiet", "nothing-of-this-name"]) == 0
    assert "installed by `make setup` already" in capfd.readouterr().out
    assert build_engine.main("python", ["-c", "import sys; print(sys.executable)"]) == 0
    assert capfd.readouterr().out.strip() == sys.executable
    assert build_engine.main("python", ["-c", "raise SystemExit(3)"]) == 3


def test_what_runs_in_a_cluster_is_left_out_where_none_runs(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    assert build_engine.main("pulumi", ["stack", "export", "--stack", "local-apps"]) == 0
    assert (
        build_engine.main("pulumi", ["up", "--stack", "local-apps", "--config-file", "stacks/Pulumi.local.yaml"]) == 0
    )
    assert capfd.readouterr().out.count("no cluster runs here") == 2
    assert calls(state) == []
    assert not (state.root / "up-unfinished-apps").exists()


def test_what_runs_in_a_cluster_is_applied_from_the_stack_file_of_the_wrapper(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_engine, "_inside", lambda _: True)
    asked = ["up", "--stack", "local-apps", "--config-file", "stacks/Pulumi.local.yaml", "--yes"]
    assert build_engine.main("pulumi", asked) == 0
    assert calls(state) == ["up --stack local-apps --yes"]
    assert build_engine.main("pulumi", ["up", "--fail", "--stack", "local-apps"]) == 1
    assert (state.root / "up-unfinished-apps").exists()
    assert not (state.root / "up-unfinished").exists()
