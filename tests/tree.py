"""Copies of the working tree, in which a test may change, break or delete what it likes."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The editable install puts the original on every path; a process of a copy must not find there what the copy lacks.
_HIDE = f"import sys\nsys.path[:] = [path for path in sys.path if path != {str(ROOT)!r}]\n"
_SECONDS = itertools.count(1)


def files(root: Path = ROOT) -> list[str]:
    """Every file of a working tree that git tracks or would track, by its path in the tree."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in listed.split("\0") if path and (root / path).is_file())


@dataclass(frozen=True)
class Tree:
    """A copy: its packages win over the installed ones. It shares what the original has built and downloaded."""

    root: Path

    @property
    def env(self) -> dict[str, str]:
        """An environment for its processes."""
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.root / ".takeoff/site"), str(self.root)])}

    def python(self, *arguments: str, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run this interpreter in the copy."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.env | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @contextmanager
    def without(self, path: str, old: str, new: str) -> Iterator[None]:
        """Within the block, a file says something else."""
        file = self.root / path
        whole, was = file.read_text(), file.stat()
        file.write_text(whole.replace(old, new))
        # Bytecode is kept by size and second of change: neither the last change nor the next may look like this one.
        os.utime(file, (was.st_atime, int(was.st_mtime) + next(_SECONDS)))
        try:
            yield
        finally:
            file.write_text(whole)
            os.utime(file, (was.st_atime, was.st_mtime))


def copy(into: Path, *, without: tuple[str, ...] = ()) -> Tree:
    """Copy the working tree into a new folder, but for the files below `without`; a git repository of its own."""
    for path in files():
        if not path.startswith(without):
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, into / path)
    subprocess.run(["git", "init", "--quiet", str(into)], check=True)
    (into / ".takeoff/site").mkdir(parents=True)
    (into / ".takeoff/site/sitecustomize.py").write_text(_HIDE)
    for shared in ("toolchain", "environments"):
        (ROOT / ".takeoff" / shared).mkdir(parents=True, exist_ok=True)
        (into / ".takeoff" / shared).symlink_to(ROOT / ".takeoff" / shared)
    return Tree(into)
