"""What a build works on: an archive in S3, or in place of a repository on GitHub the working tree of this one."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.s3.models import s3_backends

from local.cloud.account import Account
from local.cloud.buildspec import Buildspec, BuildspecError, parse
from local.state import ACCOUNT, CACHE, REPOSITORY

# What a build must not change: the history, and the states and tools of this machine.
_KEPT_OUT = frozenset({".git", CACHE.name})


class SourceError(RuntimeError):
    """A source or buildspec that CodeBuild could not fetch or read; `code` is the status code of its context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def fetch(source: dict[str, Any], version: str, folder: Path, account: Account) -> Buildspec:
    """Put the source into `folder` and read its buildspec. Raises SourceError."""
    where = f"primary source {source.get('location')} and source version {version or 'latest'}"
    match source["type"]:
        case "S3":
            _unpack(_stored(source, version, account, where), folder, where)
        case "GITHUB":
            _link(folder)
        case other:
            raise SourceError("CLIENT_ERROR", f"the local stack does not serve sources of type {other}")
    try:
        text = source.get("buildspec") or "buildspec.yml"
        return parse(text if "\n" in text else (folder / text).read_text())
    except FileNotFoundError as error:
        raise SourceError("CLIENT_ERROR", f"{error} for {where}") from error
    except BuildspecError as error:
        raise SourceError("YAML_FILE_ERROR", str(error)) from error


def _stored(source: dict[str, Any], version: str, account: Account, where: str) -> bytes:
    bucket, _, key = source["location"].partition("/")
    with account.lock:
        try:
            found = s3_backends[ACCOUNT]["aws"].get_object(bucket, key, version_id=version or None)
            return bytes(found.value)  # type: ignore[union-attr]
        except Exception as error:  # moto has an error for each way in which an object can be missing
            raise SourceError("CLIENT_ERROR", f"NoSuchKey: {error} for {where}") from error


def _unpack(content: bytes, folder: Path, where: str) -> None:
    try:
        # ZipFile drops absolute paths and `..` by itself.
        zipfile.ZipFile(BytesIO(content)).extractall(folder)
    except zipfile.BadZipFile as error:
        raise SourceError("CLIENT_ERROR", f"{error} for {where}") from error


def _link(folder: Path) -> None:
    """A folder with what is in the working tree, as it is now and not as it was committed.

    The entries are links, so that what a build leaves beside them, such as a report, is not left in the tree.
    """
    folder.mkdir(parents=True)
    for entry in REPOSITORY.iterdir():
        if entry.name not in _KEPT_OUT:
            (folder / entry.name).symlink_to(entry)
