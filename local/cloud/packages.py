"""Python environments of images: what their `pip install` lines name, made once and shared by all states."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from itertools import pairwise
from pathlib import Path

from local.state import CACHE

STORE = CACHE / "environments"
# These are about pip itself; what uv downloads is kept on purpose.
_PIPS_OWN = {"--no-cache-dir", "--disable-pip-version-check", "--quiet", "-q", "--root-user-action=ignore"}
_FILES = {"-r", "--requirement", "-c", "--constraint"}


class PackagesError(RuntimeError):
    """Packages that cannot be installed, with what uv said."""


def installed(run: str) -> list[list[str]]:
    """The arguments of every `pip install` in a RUN line: [["--no-deps", "-r", "requirements.txt"]]."""
    found, words = [], shlex.split(run)
    while "install" in words:
        at = words.index("install")
        end = next((n for n, word in enumerate(words) if n > at and word in {"&&", ";", "||"}), len(words))
        if at and words[at - 1] in {"pip", "pip3"}:
            found.append([word for word in words[at + 1 : end] if word not in _PIPS_OWN])
        words = words[end:]
    return found


def environment(wanted: list[list[str]], folder: Path, store: Path = STORE) -> Path:
    """The virtual environment with these packages; files are named from `folder`. Made where it is not there yet.

    Two that make the same one at a time do no harm: the first to finish names it. Raises PackagesError.
    """
    made = store / _key(wanted, folder)
    if made.is_dir():
        return made
    store.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=store, prefix=".unfinished-"))
    try:
        # Scripts must find their interpreter after the folder has got its name.
        _uv("venv", "--relocatable", "--python", sys.executable, "--allow-existing", str(unfinished), folder=folder)
        for arguments in wanted:
            _uv("pip", "install", "--python", str(unfinished / "bin" / "python"), *arguments, folder=folder)
        unfinished.chmod(0o755)
        unfinished.replace(made)
    except (OSError, PackagesError) as error:
        if made.is_dir():
            return made
        raise PackagesError(str(error)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def _key(wanted: list[list[str]], folder: Path) -> str:
    """A hash of this Python and of everything that is asked for; comments in a requirements file do not count."""
    parts: list[object] = [sys.version_info[:3], sysconfig.get_platform()]
    for arguments in wanted:
        parts.append(arguments)
        parts += [_lines(folder / file) for flag, file in pairwise(arguments) if flag in _FILES]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _lines(file: Path) -> list[str]:
    try:
        lines = [line.partition(" #")[0].strip() for line in file.read_text().splitlines()]
    except OSError as error:
        raise PackagesError(f"pip install: {file.name}: {error.strerror}") from error
    return sorted(line for line in lines if line and not line.startswith("#"))


def _uv(*arguments: str, folder: Path) -> None:
    """Run uv as `make setup` does: the index, its certificates and its cache are the machine's own settings."""
    uv = shutil.which("uv", path=str(Path(sys.prefix) / "bin")) or shutil.which("uv")
    if uv is None:
        raise PackagesError("uv is not installed; `make setup` installs it")
    done = subprocess.run([uv, "--quiet", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackagesError(f"`uv {' '.join(arguments)}` failed:\n{done.stderr.strip()[-2000:]}")
