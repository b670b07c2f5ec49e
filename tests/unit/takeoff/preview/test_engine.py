"""The engine is asked for a stream, its policies are named, and what goes wrong is one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from takeoff.preview import engine
from takeoff.preview.verdict import Environment
from takeoff.stack import CommandError
from tests.unit.takeoff.preview.events import Events


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `pulumi` on PATH that is a shell script."""
    file = folder / "bin" / "pulumi"
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")


def pack(folder: Path, **environments: str) -> Path:
    made = folder / "policies"
    (made / "environments").mkdir(parents=True)
    (made / "PulumiPolicy.yaml").write_text("runtime: python\n")
    for stack, text in environments.items():
        (made / "environments" / f"{stack}.json").write_text(text)
    return made


def test_the_engine_streams_with_the_pack_and_the_configuration_of_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch, f'echo "{{\\"args\\": \\"$*\\", \\"streaming\\": \\"${engine.STREAMING}\\"}}"')
    made = pack(tmp_path, prod="{}")
    _, config = engine.environment(made, "prod")
    (line,) = engine.events("prod", made, config, print)
    said = json.loads(line)
    assert said["streaming"] == "true"
    assert said["args"] == (
        f"preview --json --show-sames --non-interactive --stack prod --policy-pack {made} "
        f"--policy-pack-config {made}/environments/prod.json"
    )
    (line,) = engine.events("dev", made, None, print)
    assert "--policy-pack-config" not in line


def test_what_runs_in_a_cluster_is_previewed_by_its_stacks_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch, 'echo "{\\"args\\": \\"$*\\"}"')
    monkeypatch.delenv("TAKEOFF_STATE", raising=False)
    made = pack(tmp_path)
    (line,) = engine.events("prod-apps", made, None, print)
    assert "--stack prod-apps --config-file stacks/Pulumi.prod.yaml --policy-pack" in line
    monkeypatch.setenv("TAKEOFF_STATE", str(tmp_path))  # an emulated account's pulumi knows its files
    assert "--config-file" not in engine.events("prod-apps", made, None, print)[0]


def test_events_count_even_when_the_engine_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = tmp_path / "stream"
    stream.write_text("".join(Events().text("failed")))
    fake(tmp_path, monkeypatch, f"cat {stream}; exit 1")
    assert engine.events("prod", pack(tmp_path), None, print) == Events().text("failed")


def test_an_engine_that_says_no_event_is_an_error_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch, "echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(CommandError, match=r"stack prod failed \(exit 255\): error: no stack named 'prod' found"):
        engine.events("prod", pack(tmp_path), None, print)


def test_without_an_engine_the_way_to_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"pulumi: not on PATH; .*`make preview`"):
        engine.events("prod", pack(tmp_path), None, print)


def test_progress_is_told_once_it_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 0.02)
    fake(tmp_path, monkeypatch, "echo '{\"resourcePreEvent\": 1}'; sleep 0.3")
    said: list[str] = []
    engine.events("prod", pack(tmp_path), None, said.append)
    assert said[-1].startswith("previewing: 1 resources after ")


def test_a_quick_preview_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "echo '{}'")
    said: list[str] = []
    engine.events("prod", pack(tmp_path), None, said.append)
    assert said == []


def test_without_a_configuration_everything_is_mandatory(tmp_path: Path) -> None:
    assert engine.environment(pack(tmp_path), "prod") == (Environment(), None)


@pytest.mark.parametrize("text", ["no JSON", "[]"])
def test_a_configuration_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError, match=r"prod\.json: got "):
        engine.environment(pack(tmp_path, prod=text), "prod")


def test_a_folder_without_a_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no PulumiPolicy"):
        engine.environment(tmp_path, "prod")


def test_a_stack_without_a_file_is_an_error_that_names_those_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAKEOFF_STACK_FILE", raising=False)
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    engine.require_stack_file("prod", tmp_path)
    with pytest.raises(CommandError, match=r"got 'prd'; allowed: dev, prod; add stacks/Pulumi\.prd\.yaml"):
        engine.require_stack_file("prd", tmp_path)
    with pytest.raises(CommandError, match="got none in"):
        engine.require_stack_file("prod", tmp_path / "nowhere")
