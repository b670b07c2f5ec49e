"""Images: what the Dockerfile copies and nothing else, stored once under the hash of what it is."""

from __future__ import annotations

import shutil
import sys
import tarfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from local.cloud import artifacts, images
from local.state import State

DOCKERFILE = "model_code/echo/Dockerfile"


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository, tmp_path / "repository"))


def test_an_image_holds_what_its_dockerfile_copies(copy: Path, tmp_path: Path) -> None:
    (copy / "model_code" / "secret.py").touch()
    (copy / "model_code" / "echo" / "__pycache__").mkdir()
    (copy / "model_code" / "echo" / "__pycache__" / "x.pyc").touch()
    state = State(tmp_path / "state")
    image = images.load(f"any/repository@{images.build(copy, DOCKERFILE, state)}", state)
    held = sorted(
        str(path.relative_to(image.folder))
        for path in image.folder.rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    )
    files = ["Dockerfile", "__init__.py", "container.py"]
    assert held == ["model_code/__init__.py", *(f"model_code/echo/{name}" for name in files)]
    assert image.command("train") == [sys.executable, "-m", "model_code.echo.container", "train"]


def test_the_digest_follows_content_and_nothing_else(copy: Path, tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    first = images.build(copy, DOCKERFILE, state)
    assert images.build(copy, DOCKERFILE, state) == first
    source = copy / "model_code" / "echo" / "container.py"
    original = source.read_text()
    source.write_text(original + "# changed\n")
    assert images.build(copy, DOCKERFILE, state) != first
    source.write_text(original)
    assert images.build(copy, DOCKERFILE, State(tmp_path / "other")) == first
    assert len(list(state.images.iterdir())) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM x\n", "needs an ENTRYPOINT in JSON form"),
        ("ENTRYPOINT python -m x\n", "allowed is the JSON form only"),
        ('COPY nowhere /opt\nENTRYPOINT ["python"]\n', "COPY nowhere: no such file or folder"),
    ],
)
def test_a_dockerfile_that_cannot_be_followed_is_refused(copy: Path, tmp_path: Path, text: str, said: str) -> None:
    (copy / "model_code" / "echo" / "Dockerfile").write_text(text)
    with pytest.raises(images.ImageError, match=said):
        images.build(copy, DOCKERFILE, State(tmp_path))
    with pytest.raises(images.ImageError, match="needs a Dockerfile"):
        images.build(copy, "model_code/nobody/Dockerfile", State(tmp_path))


def archive(name: str) -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        file.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_an_artifact_never_leaves_its_folder(tmp_path: Path, name: str) -> None:
    store = tmp_path / "store"
    # The archive library drops a leading slash and refuses `..`; either way nothing is written outside.
    with suppress(artifacts.ArtifactError):
        artifacts.unpack(archive(name), "s3://b/k", store)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert not Path("/outside").exists()


def test_an_artifact_that_is_no_archive_or_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(artifacts.ArtifactError, match="s3://b/k: cannot unpack"):
        artifacts.unpack(b"no archive", "s3://b/k", tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extractall", full)
    with pytest.raises(artifacts.ArtifactError, match="No space left on device"):
        artifacts.unpack(archive("model.onnx"), "s3://b/k", tmp_path)
    assert not list(tmp_path.iterdir())
