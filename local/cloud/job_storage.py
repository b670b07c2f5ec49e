"""What a job takes from S3 before it runs and puts there afterwards, as the role that it was given."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from local.cloud.account import Account
from local.cloud.storage_access import objects, read, write
from local.cloud.transform_input import InputError

# Objects that are fetched while nobody else uses the account.
_BATCH = 50


def name_below(key: str, prefix: str) -> PurePosixPath:
    """Where an object lies below the folder that its prefix is downloaded to: in/a.csv of in, in/ or in/a is a.csv.

    Raises InputError for a name that leads out of the folder.
    """
    rest = key.removeprefix(prefix)
    if not rest.startswith("/") and not prefix.endswith("/"):
        # A prefix may end in the middle of a name; a whole name is a prefix, too.
        rest = key.removeprefix(prefix.rpartition("/")[0])
    name = PurePosixPath(rest.lstrip("/"))
    if ".." in name.parts or not name.parts:
        raise InputError(f"ClientError: {key!r} is not a name that can be written below a folder.")
    return name


async def download(account: Account, source: dict[str, Any], role: str, folder: Path, part: slice) -> int:
    """Writes the objects of an S3DataSource below a folder, of all of them a part; answers how many they are.

    Raises InputError for what is not there or clashes, PermissionError for what the role may not read.
    """
    found = (await account.locked(lambda: objects(source, role)))[part]
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(found), _BATCH):
        await account.locked(partial(_fetch, found[at : at + _BATCH], role, folder))
    return len(found)


def _fetch(found: list[tuple[str, str]], role: str, folder: Path) -> None:
    for url, prefix in found:
        target = folder / name_below(urlsplit(url).path.lstrip("/"), prefix)
        content = read(url, role)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise InputError(f"ClientError: {url} clashes with a file or folder that is there already.") from error


async def upload(account: Account, folder: Path, url: str, key: str | None, role: str) -> int:
    """Puts every file of a folder below an s3:// URL, encrypted with a key if one is named; answers how many.

    Raises PermissionError for what the role may not write.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        name = file.relative_to(folder).as_posix()
        await account.locked(partial(write, f"{url.rstrip('/')}/{name}", file.read_bytes(), key, role))
    return len(files)
