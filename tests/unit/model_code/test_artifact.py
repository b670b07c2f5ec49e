"""model.tar.gz: the same bytes for the same files, and no way out of the folder."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from model_code import artifact
from model_code.artifact import ArtifactError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(range(256)) * 40)
    (folder / "metadata.json").write_text("{}")
    (folder / "deep" / "extra.bin").write_bytes(b"")
    return folder


def hostile(path: Path, *members: tarfile.TarInfo, content: bytes = b"") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_what_is_packed_comes_out_again(folder: Path, tmp_path: Path) -> None:
    artifact.pack(folder, tmp_path / "out" / "model.tar.gz")
    assert (tmp_path / "out" / "model.tar.gz").read_bytes()[4:8] == bytes(4)  # gzip's own time of writing
    artifact.unpack(tmp_path / "out" / "model.tar.gz", tmp_path / "again")
    names = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    assert sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*")) == names
    assert (tmp_path / "again/model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()


def test_names_contents_and_nothing_else_decide_the_hash(folder: Path, tmp_path: Path) -> None:
    first = artifact.pack(folder, tmp_path / "a.tar.gz")
    os.utime(folder / "model.onnx", (1, 1))
    (folder / "model.onnx").chmod(0o600)
    assert artifact.pack(folder, tmp_path / "b.tar.gz") == first == artifact.sha256(tmp_path / "a.tar.gz")
    assert artifact.version(first) == first[:12]
    (folder / "metadata.json").write_text("{} ")
    assert artifact.pack(folder, tmp_path / "c.tar.gz") != first


def test_links_and_empty_folders_are_not_packed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="at least one"):
        artifact.pack(tmp_path / "empty", tmp_path / "x.tar.gz")
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(ArtifactError, match="regular files"):
        artifact.pack(folder, tmp_path / "x.tar.gz")
    assert not (tmp_path / "x.tar.gz").exists()


def test_a_pack_that_fails_leaves_what_was_there(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out" / "model.tar.gz"
    artifact.pack(folder, target)
    before = target.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space left"):
        artifact.pack(folder, target)
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "."])
def test_names_that_lead_out_are_refused(name: str, tmp_path: Path) -> None:
    archive = hostile(tmp_path / "x.tar.gz", tarfile.TarInfo("good"), tarfile.TarInfo(name))
    with pytest.raises(ArtifactError):
        artifact.unpack(archive, tmp_path / "sub" / "out")
    assert list((tmp_path / "sub").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sub", "x.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes, tmp_path: Path) -> None:
    member = tarfile.TarInfo("model.onnx")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(ArtifactError, match="only regular files"):
        artifact.unpack(hostile(tmp_path / "x.tar.gz", member), tmp_path / "out")


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    archive = hostile(tmp_path / "x.tar.gz", tarfile.TarInfo("same"), tarfile.TarInfo("same"))
    with pytest.raises(ArtifactError, match="same"):
        artifact.unpack(archive, tmp_path / "out")


def test_a_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    archive = hostile(tmp_path / "x.tar.gz", tarfile.TarInfo("zeros"), content=bytes(4_000_000))
    with pytest.raises(ArtifactError, match="more than 1000000 bytes"):
        artifact.unpack(archive, tmp_path / "out", limit=1_000_000)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "not gzip", "not tar"])
def test_a_damaged_archive_leaves_no_folder(damage: str, folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    artifact.pack(folder, archive)
    whole = archive.read_bytes()
    archive.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "flipped": whole[:100] + bytes(255 - byte for byte in whole[100:140]) + whole[140:],
            "not gzip": b"hello",
            "not tar": gzip.compress(b"hello" * 1000),
        }[damage]
    )
    with pytest.raises(ArtifactError, match="not a readable"):
        artifact.unpack(archive, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "x.tar.gz"]


def test_an_existing_folder_is_not_written_into(folder: Path, tmp_path: Path) -> None:
    artifact.pack(folder, tmp_path / "x.tar.gz")
    with pytest.raises(ArtifactError, match="exists"):
        artifact.unpack(tmp_path / "x.tar.gz", folder)
