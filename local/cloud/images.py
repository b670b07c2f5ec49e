"""Container images without a container engine: the files, command and environment that a Dockerfile names."""

from __future__ import annotations

import compileall
import hashlib
import json
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from local.state import ACCOUNT, REGION, REPOSITORY, State

IGNORED = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


class ImageError(RuntimeError):
    """A Dockerfile or an image URI that cannot be turned into a runnable image."""


@dataclass(frozen=True)
class Image:
    """One stored image."""

    root: Path
    workdir: str
    entrypoint: list[str]
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where the container's process starts."""
        return self.root / self.workdir.lstrip("/")

    def command(self, verb: str) -> list[str]:
        """The process that `docker run IMAGE serve|train` would start; `python` is this interpreter."""
        program, *arguments = self.entrypoint
        return [sys.executable if program in ("python", "python3") else program, *arguments, verb]


@dataclass
class Recipe:
    """What a Dockerfile says that a local process needs."""

    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)


def build(code: str, model: str, stack: str, state: State, repository: Path = REPOSITORY) -> str:
    """Stores the image of model_code/<code>/Dockerfile once per content and answers its full URI with digest."""
    recipe = _parse(repository / "model_code" / code / "Dockerfile")
    files = dict(sorted(_files(recipe, repository)))
    manifest: dict[str, object] = {
        "workdir": recipe.workdir,
        "entrypoint": recipe.entrypoint,
        "environment": recipe.environment,
    }
    digest = _digest(manifest, files)
    if not (state.images / digest).is_dir():
        _store(state.images, digest, manifest, files)
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/takeoff-{stack}-{model}@sha256:{digest}"


def load(uri: str, state: State) -> Image:
    """The stored image that a URI's digest names, whatever the repository or account in front of it."""
    _, found, digest = uri.partition("@sha256:")
    folder = state.images / digest
    if not found or len(digest) != 64 or not (folder / "manifest.json").is_file():
        raise ImageError(f"image {uri!r} is not in the local store {state.images}: build it with `make up`")
    manifest = json.loads((folder / "manifest.json").read_text())
    root = folder / "root"
    workdir = manifest["workdir"].rstrip("/")
    # Only paths below WORKDIR exist here; the rest of the container's file system is this machine's.
    environment = {
        name: str(root) + value if workdir and (value == workdir or value.startswith(workdir + "/")) else value
        for name, value in manifest["environment"].items()
        if name != "PATH"
    }
    return Image(root, manifest["workdir"], manifest["entrypoint"], environment)


def _parse(dockerfile: Path) -> Recipe:
    try:
        text = dockerfile.read_text()
    except OSError as error:
        raise ImageError(f"{dockerfile}: a model's folder needs a Dockerfile ({error.strerror})") from error
    recipe = Recipe()
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        match word.upper():
            case "WORKDIR":
                recipe.workdir = str(PurePosixPath(recipe.workdir, rest.strip()))
            case "ENV":
                recipe.environment |= _assignments(rest)
            case "COPY" if "--from=" not in rest:
                *sources, target = [part for part in shlex.split(rest) if not part.startswith("--")]
                into = "/" if len(sources) > 1 or target.endswith((".", "/")) else ""
                recipe.copies += [(source, str(PurePosixPath(recipe.workdir, target)) + into) for source in sources]
            case "ENTRYPOINT":
                recipe.entrypoint = _json_form(dockerfile, line)
            case _:
                continue
    if not recipe.entrypoint:
        raise ImageError(f'{dockerfile}: needs an ENTRYPOINT in JSON form, such as ENTRYPOINT ["python", "-m", "app"]')
    return recipe


def _assignments(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in shlex.split(text))


def _json_form(dockerfile: Path, line: str) -> list[str]:
    try:
        return [str(part) for part in json.loads(line.strip().partition(" ")[2])]
    except ValueError as error:
        raise ImageError(f"{dockerfile}: got {line.strip()!r}, allowed is the JSON form only") from error


def _files(recipe: Recipe, repository: Path) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for source, target in recipe.copies:
        matches = sorted(repository.glob(source.strip("/")))
        if not matches:
            raise ImageError(f"COPY {source}: no such file or folder in {repository}")
        into = target.endswith("/") or len(matches) > 1
        for path in matches:
            if path.is_file():
                found.append(
                    (str(PurePosixPath(target, path.name) if into else PurePosixPath(target)), path.read_bytes())
                )
            else:
                # COPY of a folder copies what is in it, not the folder itself.
                found += [
                    (str(PurePosixPath(target, each.relative_to(path))), each.read_bytes()) for each in _walk(path)
                ]
    return found


def _walk(folder: Path) -> list[Path]:
    return [each for each in sorted(folder.rglob("*")) if each.is_file() and not IGNORED & set(each.parts)]


def _digest(manifest: dict[str, object], files: dict[str, bytes]) -> str:
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    for path, content in files.items():
        digest.update(f"\n{path}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _store(store: Path, digest: str, manifest: dict[str, object], files: dict[str, bytes]) -> None:
    store.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=store))
    try:
        (unfinished / "root" / str(manifest["workdir"]).lstrip("/")).mkdir(parents=True)
        for path, content in files.items():
            target = unfinished / "root" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        compileall.compile_dir(unfinished / "root", quiet=1)
        (unfinished / "manifest.json").write_text(json.dumps(manifest, indent=1))
        unfinished.replace(store / digest)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not (store / digest).is_dir():
            raise
