"""model.tar.gz: the same files always make the same bytes, and a hostile archive cannot leave its folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

NAME = "model.tar.gz"
LIMIT = 2 * 1024**3  # bytes of an unpacked artifact
_CHUNK = 1 << 20


class ArtifactError(ValueError):
    """An archive or a folder that is not an artifact of ours."""


def pack(folder: Path, target: Path) -> str:
    """Writes the folder's files to the archive `target`, whole or not at all, and returns its SHA-256.

    Names are sorted and times and owners zeroed, so that equal files give equal bytes.
    """
    files = sorted((path for path in folder.rglob("*") if not path.is_dir()), key=lambda path: path.as_posix())
    odd = [path for path in files if path.is_symlink() or not path.is_file()]
    if odd or not files:
        raise ArtifactError(f"{odd[0] if odd else folder}: an artifact holds regular files, at least one")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".packing-", delete=False) as partial:
        try:
            with (
                gzip.GzipFile("", "wb", fileobj=partial, mtime=0) as stream,
                tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
            ):
                for path in files:
                    member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                    member.size, member.mode = path.stat().st_size, 0o644
                    with path.open("rb") as content:
                        archive.addfile(member, content)
            partial.close()
            return _published(Path(partial.name), target)
        finally:
            Path(partial.name).unlink(missing_ok=True)


def unpack(archive: Path, folder: Path, *, limit: int = LIMIT) -> None:
    """Makes `folder`, which must not exist, with the archive's files: all of them, or no folder.

    Refuses with ArtifactError links, devices, names that lead out of the folder, and more than `limit` bytes unpacked.
    """
    if folder.exists():
        raise ArtifactError(f"{folder} exists: unpack an artifact into a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unpacking-"))
    try:
        with gzip.GzipFile(archive) as stream, tarfile.open(fileobj=_Capped(stream, limit), mode="r|") as tar:
            for member in tar:
                _extract(tar, member, partial)
        partial.chmod(0o755)
        partial.rename(folder)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArtifactError(f"{archive} is not a readable {NAME}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sha256(archive: Path) -> str:
    """The archive's SHA-256 in hex."""
    with archive.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def version(digest: str) -> str:
    """The version that an archive of this SHA-256 is called by: its first 12 hex digits."""
    return digest[:12]


def _published(partial: Path, target: Path) -> str:
    partial.chmod(0o644)
    digest = sha256(partial)
    partial.replace(target)
    return digest


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if member.isdir():  # SageMaker's own archives have "./"; ours need none
        return
    if not member.isfile() or name.is_absolute() or ".." in name.parts or set("\\\0") & set(member.name):
        raise ArtifactError(f"{member.name!r} in the archive: only regular files below its own folder are allowed")
    content = tar.extractfile(member)
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise ArtifactError(f"{member.name!r} stands twice in the archive") from error
    with file:
        shutil.copyfileobj(content or io.BytesIO(), file, _CHUNK)


class _Capped(io.BufferedIOBase):
    """A stream that refuses to give more than `limit` bytes and a tar's overhead, whatever its headers claim."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream, self._left, self._limit = stream, limit + 64 * 1024, limit

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(_CHUNK if size is None or size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise ArtifactError(f"the archive unpacks to more than {self._limit} bytes, which is the most allowed")
        return data
