"""Container images without a container engine: the files, packages, command and environment that a Dockerfile names."""

from __future__ import annotations

import compileall
import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from catalog.build_context import ContextError, below, matches
from catalog.dockerfile import copied, instructions
from local.cloud import packages
from local.state import State

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# Locally the environment is writable, and the first process to import a module compiles it for all.
_NOT_HERE = ("PATH", "PYTHONDONTWRITEBYTECODE")


class ImageError(RuntimeError):
    """A Dockerfile or an image URI that cannot be turned into a runnable image."""


@dataclass(frozen=True)
class Image:
    """One stored image. `python` is the interpreter that its `python` is."""

    root: Path
    workdir: str
    entrypoint: list[str]
    environment: dict[str, str]
    python: Path

    @property
    def folder(self) -> Path:
        """Where the container's process starts."""
        return self.root / self.workdir.lstrip("/")

    def command(self, verb: str) -> list[str]:
        """The process that `docker run IMAGE serve|train` would start."""
        program, *arguments = self.entrypoint
        return [str(self.python) if program in ("python", "python3") else program, *arguments, verb]


@dataclass
class Recipe:
    """What a Dockerfile says that a local process needs. `packages`: the arguments of each `pip install`."""

    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    packages: list[list[str]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)


def build(context: Path, dockerfile: str, state: State) -> str:
    """Store the image of a Dockerfile, which lies below `context`, once per content; answers its digest, sha256:….

    Makes its Python environment too, so that an image that is there can run. Raises ImageError.
    """
    recipe = _parse(context, dockerfile)
    try:
        files = {target: (context / path).read_bytes() for path, target in _placed(recipe, context, dockerfile)}
    except ContextError as error:
        raise ImageError(str(error)) from error
    config = json.dumps({name: value for name, value in asdict(recipe).items() if name != "copies"}, sort_keys=True)
    content = json.dumps(_manifest(config, files), sort_keys=True)
    digest = _sha256(content.encode())
    if not (state.images / digest).is_dir():
        _store(state.images, digest, {"manifest.json": content, "config.json": config}, files)
    try:
        load(f"@sha256:{digest}", state)
    except packages.PackagesError as error:
        raise ImageError(f"{dockerfile}: {error}") from error
    return f"sha256:{digest}"


def manifest(digest: str, state: State) -> str:
    """The manifest of a stored image, whose hash is its digest: what a push sends."""
    return (state.images / digest.removeprefix("sha256:") / "manifest.json").read_text()


def load(uri: str, state: State) -> Image:
    """The stored image that a URI's digest names, whatever the repository or account in front of it.

    Raises ImageError for a digest that is not there.
    """
    _, found, digest = uri.partition("@sha256:")
    folder = state.images / digest
    if not found or len(digest) != 64 or not (folder / "config.json").is_file():
        again = "make it again with `takeoff image build MODEL --force`"
        raise ImageError(f"image {uri!r} is not in the local store {state.images}: {again}")
    config: dict[str, Any] = json.loads((folder / "config.json").read_text())
    root, workdir = folder / "root", config["workdir"].rstrip("/")
    python = Path(sys.executable)
    if config["packages"]:
        python = packages.environment(config["packages"], root / workdir.lstrip("/")) / "bin" / "python"
    # Only paths below WORKDIR exist here; the rest of the container's file system is this machine's.
    environment = {
        name: str(root) + value if workdir and (value == workdir or value.startswith(workdir + "/")) else value
        for name, value in config["environment"].items()
        if name not in _NOT_HERE
    }
    environment["PATH"] = os.pathsep.join((str(python.parent), "/usr/bin", "/bin"))
    return Image(root, config["workdir"], config["entrypoint"], environment, python)


def _parse(context: Path, dockerfile: str) -> Recipe:
    try:
        text = (context / dockerfile).read_text()
    except OSError as error:
        raise ImageError(f"{dockerfile}: a model's folder needs a Dockerfile ({error.strerror})") from error
    recipe = Recipe()
    for word, rest in instructions(text):
        match word:
            case "WORKDIR":
                recipe.workdir = str(PurePosixPath(recipe.workdir, rest))
            case "ENV":
                recipe.environment |= dict(part.partition("=")[::2] for part in shlex.split(rest))
            case "RUN":
                recipe.packages += packages.installed(rest)
            case "COPY":
                sources, target = copied(rest)
                into = "/" if len(sources) > 1 or target.endswith((".", "/")) else ""
                recipe.copies += [(source, str(PurePosixPath(recipe.workdir, target)) + into) for source in sources]
            case "ENTRYPOINT":
                recipe.entrypoint = _json_form(dockerfile, rest)
            case _:
                continue
    if not recipe.entrypoint:
        raise ImageError(f'{dockerfile}: needs an ENTRYPOINT in JSON form, such as ENTRYPOINT ["python", "-m", "app"]')
    return recipe


def _json_form(dockerfile: str, rest: str) -> list[str]:
    try:
        return [str(part) for part in json.loads(rest)]
    except ValueError as error:
        raise ImageError(f"{dockerfile}: got ENTRYPOINT {rest}, allowed is the JSON form only") from error


def _placed(recipe: Recipe, context: Path, dockerfile: str) -> list[tuple[str, str]]:
    """Each file that is copied, by path in the context, and its path in the image; the last of two wins."""
    placed: list[tuple[str, str]] = []
    for source, target in recipe.copies:
        found = matches(context, source, dockerfile)
        into = target.endswith("/") or len(found) > 1
        for path in found:
            # COPY of a folder copies what is in it, not the folder itself.
            folder = path if path.is_dir() else path.parent
            for name in below(context, path):
                inner = (context / name).relative_to(folder)
                placed.append((name, str(PurePosixPath(target, inner if path.is_dir() or into else ""))))
    return placed


def _manifest(config: str, files: dict[str, bytes]) -> dict[str, Any]:
    """An image manifest in the registries' format, with one layer, which is all of the files."""
    layer = hashlib.sha256()
    for path, content in sorted(files.items()):
        layer.update(f"\n{path}\n{len(content)}\n".encode() + content)
    size = sum(map(len, files.values()))
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _part("config.v1+json", _sha256(config.encode()), len(config)),
        "layers": [_part("layer.v1.tar", layer.hexdigest(), size)],
    }


def _part(kind: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": size}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _store(store: Path, digest: str, documents: dict[str, str], files: dict[str, bytes]) -> None:
    store.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=store))
    try:
        workdir = json.loads(documents["config.json"])["workdir"]
        (unfinished / "root" / workdir.lstrip("/")).mkdir(parents=True)
        for path, content in files.items():
            target = unfinished / "root" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        compileall.compile_dir(unfinished / "root", quiet=1)
        for name, document in documents.items():
            (unfinished / name).write_text(document)
        unfinished.replace(store / digest)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not (store / digest).is_dir():
            raise
