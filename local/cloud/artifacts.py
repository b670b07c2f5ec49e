"""Model artifacts: taken from the emulated S3, unpacked once per content, never outside of their folder."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from local.state import ACCOUNT


class ArtifactError(RuntimeError):
    """An artifact that is missing, damaged or does not fit on the disk."""


def read(url: str) -> bytes | None:
    """The object that an s3:// URL names; None when there is none. Call it with the account's lock held."""
    parts = urlsplit(url)
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(parts.netloc)
    key = bucket.keys.get(parts.path.lstrip("/")) if bucket else None
    # A delete marker of a versioned bucket is no object.
    return bytes(key.value) if key is not None and hasattr(key, "value") else None


def unpack(content: bytes | None, url: str, store: Path) -> Path:
    """The folder of a model.tar.gz, unpacked under the hash of its content; a second call finds it there."""
    if content is None:
        raise ArtifactError(f"{url}: no such object")
    folder = store / hashlib.sha256(content).hexdigest()
    if folder.is_dir():
        return folder
    store.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=store))
    try:
        with tarfile.open(fileobj=BytesIO(content)) as archive:
            # The data filter refuses absolute paths, `..`, links that leave the folder, and devices.
            archive.extractall(unfinished, filter="data")
        unfinished.replace(folder)
    except (OSError, tarfile.TarError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if folder.is_dir():
            return folder
        raise ArtifactError(f"{url}: cannot unpack model data into {store}: {error}") from error
    return folder


def pack(folders: Sequence[Path]) -> bytes:
    """A model.tar.gz of the files of some folders, of which the first wins where names are equal.

    Names are sorted and times and owners are zero, so that equal files are equal bytes. Raises ArtifactError when there
    is no file, or one that is none.
    """
    files: dict[str, Path] = {}
    for folder in reversed(folders):
        files |= {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    odd = [path for path in files.values() if path.is_symlink() or not path.is_file()]
    if odd or not files:
        raise ArtifactError(f"{(odd or folders)[0]}: an artifact holds regular files, at least one")
    buffer = BytesIO()
    with (
        gzip.GzipFile("", "wb", fileobj=buffer, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                archive.addfile(member, content)
    return buffer.getvalue()
