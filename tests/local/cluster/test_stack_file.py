"""Which cluster a stack file asks for, read without the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cluster import stack_file


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one stack file."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text(
        'config: {"takeoff:cluster": {version: "1.35"}, "takeoff:nodePools": {gpu: {types: [g6.xlarge]}}}'
    )
    monkeypatch.setattr(stack_file, "REPOSITORY", tmp_path)
    monkeypatch.delenv("TAKEOFF_STACK_FILE", raising=False)
    return tmp_path


def test_the_committed_file_of_the_stack_is_read() -> None:
    assert stack_file.config("local")["takeoff:cluster"] == {"version": "1.35"}
    assert stack_file.pools("local") == {"gpu": {"types": ["g6.xlarge"]}}


def test_a_file_that_the_environment_names_is_read_in_its_place(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository / "other.yaml"
    other.write_text('config: {"takeoff:nodePools": {cpu: {families: [m7i]}}}')
    monkeypatch.setenv("TAKEOFF_STACK_FILE", str(other))
    assert stack_file.pools("local") == {"cpu": {"families": ["m7i"]}}
    assert "takeoff:cluster" not in stack_file.config("local")


@pytest.mark.parametrize("text", ["", "config:", "config: {'takeoff:nodePools': }", "# nothing"])
def test_a_file_that_says_nothing_asks_for_nothing(repository: Path, text: str) -> None:
    (repository / "stacks" / "Pulumi.local.yaml").write_text(text)
    assert stack_file.pools("local") == {}


def test_a_stack_without_a_file_asks_for_nothing() -> None:
    assert stack_file.config("prod") == {}
    assert stack_file.pools("prod") == {}
