"""What an image is built from: the files that its Dockerfile copies, hashed and zipped alike on every machine."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from catalog.dockerfile import copied, instructions

IGNORED = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"})
_TAG = 20  # hex digits of the hash: enough that two contents never meet
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


class ContextError(ValueError):
    """A Dockerfile that is missing, or that copies what is not there: what, got, allowed, where to fix."""


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """A model's Dockerfile and what it copies, by path in the repository."""

    dockerfile: str
    files: Mapping[str, bytes]

    @cached_property
    def tag(self) -> str:
        """The tag of the image that these files make: a hash of their paths and bytes."""
        digest = hashlib.sha256(f"{self.dockerfile}\n".encode())
        for path, content in sorted(self.files.items()):
            digest.update(f"{path}\n{len(content)}\n".encode() + content)
        return digest.hexdigest()[:_TAG]

    def archive(self) -> bytes:
        """The files as a zip; times, owners and modes are fixed, so that equal files give equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, content in sorted(self.files.items()):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16  # Unix, a plain file
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def read(repository: Path, code: str, name: str = "Dockerfile") -> BuildContext:
    """The build context of model_code/<code>/<name>. Raises ContextError."""
    dockerfile = f"model_code/{code}/{name}"
    try:
        text = (repository / dockerfile).read_text()
    except OSError as error:
        raise ContextError(
            f"image: got no {dockerfile} in {repository.resolve()} ({error.strerror}); allowed: a Dockerfile in the "
            "model's folder; run in the repository's root, or name it with --repository"
        ) from error
    files = {dockerfile: (repository / dockerfile).read_bytes()}
    for word, rest in instructions(text):
        if word == "ADD":
            raise ContextError(f"{dockerfile}: got ADD {rest}; allowed: COPY of files and folders of this repository")
        if word == "COPY":
            for source in copied(rest)[0]:
                found = matches(repository, source, dockerfile)
                files |= {
                    path: (repository / path).read_bytes() for match in found for path in below(repository, match)
                }
    return BuildContext(dockerfile=dockerfile, files=files)


def matches(repository: Path, source: str, dockerfile: str) -> list[Path]:
    """What a COPY's source names, sorted. Raises ContextError for nothing, and for the whole repository or outside."""
    clean = PurePosixPath(source.strip("/"))
    if ".." in clean.parts or not clean.parts:
        raise ContextError(
            f"{dockerfile}: got COPY {source}; allowed: folders and files below the repository's root, by name"
        )
    found = sorted(repository.glob(str(clean)))
    if not found:
        raise ContextError(f"{dockerfile}: COPY {source}: no such file or folder in {repository.resolve()}")
    return found


def below(repository: Path, path: Path) -> list[str]:
    """A file, or the files of a folder, by path in the repository; what tools leave behind is left out."""
    found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    names = [each.relative_to(repository) for each in found]
    return [name.as_posix() for name in names if not IGNORED & set(name.parts)]
