"""What an image is built from: what the Dockerfile copies, alike on every machine."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from catalog import build_context
from catalog.dockerfile import copied, instructions
from tests.tree import ROOT

DOCKERFILE = """
# COPY everything ./
FROM python:3.11-slim AS build
COPY --from=build /x /y
COPY --chown=1:1 model_code/a.py \\
     model_code/b.py model_code/
COPY model_code/echo/ model_code/echo/
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "model_code" / "echo"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__" / "serve.pyc").touch()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "Dockerfile.gpu").write_text(DOCKERFILE)
    (folder / "serve.py").write_text("serve")
    for name in ("a", "b", "c"):
        (tmp_path / "model_code" / f"{name}.py").write_text(name)
    return tmp_path


def test_a_context_is_the_dockerfile_and_what_it_copies_and_nothing_else(repository: Path) -> None:
    folder = "model_code/echo"
    assert sorted(build_context.read(repository, "echo").files) == [
        "model_code/a.py",
        "model_code/b.py",
        f"{folder}/Dockerfile",
        f"{folder}/Dockerfile.gpu",
        f"{folder}/serve.py",
    ]


def test_equal_files_make_equal_bytes_whatever_their_times_and_modes(repository: Path) -> None:
    first = build_context.read(repository, "echo")
    os.utime(repository / "model_code" / "a.py", (1, 1))
    (repository / "model_code" / "a.py").chmod(0o600)
    (repository / "model_code" / "c.py").write_text("not copied")
    second = build_context.read(repository, "echo")
    assert (first.tag, first.archive()) == (second.tag, second.archive())
    with zipfile.ZipFile(io.BytesIO(first.archive())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == first.files


def test_the_tag_follows_every_byte_and_name_and_which_dockerfile_it_is(repository: Path) -> None:
    tags = {build_context.read(repository, "echo").tag, build_context.read(repository, "echo", "Dockerfile.gpu").tag}
    (repository / "model_code" / "a.py").write_text("changed")
    tags.add(build_context.read(repository, "echo").tag)
    (repository / "model_code" / "echo" / "serve.py").rename(repository / "model_code" / "echo" / "server.py")
    tags.add(build_context.read(repository, "echo").tag)
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("COPY nowhere /x", "COPY nowhere: no such file"),
        ("COPY . /x", "allowed: folders and files below"),
        ("COPY ../secret /x", "allowed: folders and files below"),
        ("ADD https://example.com/x /x", "allowed: COPY"),
    ],
)
def test_a_dockerfile_that_copies_what_is_not_there_or_too_much_is_refused(
    repository: Path, line: str, said: str
) -> None:
    (repository / "model_code" / "echo" / "Dockerfile").write_text(line)
    with pytest.raises(build_context.ContextError, match=said):
        build_context.read(repository, "echo")


def test_a_folder_without_a_dockerfile_is_refused_with_where_to_look(repository: Path) -> None:
    with pytest.raises(build_context.ContextError, match=r"got no model_code/nobody/Dockerfile .* --repository"):
        build_context.read(repository, "nobody")


def test_instructions_join_lines_and_skip_comments() -> None:
    assert list(instructions("run a \\\n  # no\n  b\n\nENV X=1")) == [("RUN", "a    b"), ("ENV", "X=1")]
    assert copied("--chown=1 'a b' c /d") == (["a b", "c"], "/d")


@pytest.mark.parametrize(
    "dockerfile", sorted((ROOT / "model_code").glob("*/Dockerfile*")), ids=lambda path: path.parent.name
)
def test_every_shipped_model_has_a_context_without_caches(dockerfile: Path) -> None:
    context = build_context.read(ROOT, dockerfile.parent.name, dockerfile.name)
    assert not [path for path in context.files if "__pycache__" in path or path.endswith(".pyc")]
    assert len(context.archive()) < 1_000_000
