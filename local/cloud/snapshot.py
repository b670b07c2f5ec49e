"""The account on disk: one file, whole or not there at all, written soon after every change and read at the start."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
import sys
import threading
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import cloudpickle
import moto
from moto.core.base_backend import BackendDict

from local.cloud.account import Account
from local.cloud.pickling import teach_pickle

log = logging.getLogger(__name__)
DEBOUNCE = 0.1


class SnapshotError(RuntimeError):
    """A snapshot that cannot be used, and what to do about it."""


class Snapshot:
    """Keeps state.cloud/snapshot up to date from a thread of its own."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.path, self.previous, self._account = folder / "snapshot", folder / "snapshot.previous", account
        self.seconds, self.size = 0.0, 0
        self.error: str | None = None
        self.taken: str | None = None
        self.written: str | None = None
        self._writing = False
        self._dirty, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write_when_dirty, name="snapshot", daemon=True)
        teach_pickle()

    def start(self) -> None:
        self._account.changed = self._dirty.set
        self._thread.start()

    def stop(self) -> None:
        """Writes what is left to write."""
        self._stopping.set()
        self._dirty.set()
        self._thread.join()

    def restore(self) -> dict[str, int]:
        """Puts the newest readable snapshot into moto and answers how much of each service there is, in backends."""
        problems = []
        for path in (self.path, self.previous):
            if path.exists():
                try:
                    return _install(_verified(path))
                except Exception as error:
                    problems.append(f"{path}: {type(error).__name__}: {error}")
                    log.exception("cannot restore %s", path)
        if problems:
            raise SnapshotError(
                "the emulated account cannot be restored:\n  "
                + "\n  ".join(problems)
                + f"\nMove {self.path.parent} aside to begin with an empty account; `make up` makes everything again."
            )
        return {}

    def status(self) -> dict[str, Any]:
        """`taken`: the account on the disk is as it was then, or later; a kill can lose what came after."""
        pending = self._writing or self._dirty.is_set()
        return {
            "taken": self.taken,
            "written": self.written,
            "pending": pending,
            "seconds": round(self.seconds, 4),
            "bytes": self.size,
            "error": self.error,
        }

    def save(self) -> None:
        """Writes the account as it is now. The old file stays whole until the new one is on the disk."""
        began = time.perf_counter()
        with self._account.lock:
            taken = datetime.now(UTC).isoformat()
            content = _dump()
        self.size = len(content)
        header = {
            "moto": moto.__version__,
            "python": sys.version_info[:2],
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".writing")
        with temporary.open("wb") as file:
            file.write(json.dumps(header).encode() + b"\n")
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if self.path.exists():
            spare = self.path.with_suffix(".spare")
            spare.unlink(missing_ok=True)
            os.link(self.path, spare)
            spare.replace(self.previous)
        temporary.replace(self.path)
        self.seconds, self.error = time.perf_counter() - began, None
        self.taken = taken
        self.written = datetime.now(UTC).isoformat()

    def _write_when_dirty(self) -> None:
        while not self._stopping.is_set():
            self._dirty.wait()
            # The account waits while it is written: half of the time at most.
            self._stopping.wait(max(DEBOUNCE, self.seconds))
            self._writing = True
            self._dirty.clear()
            try:
                self.save()
            except Exception as error:
                # A full disk must not end the account: the previous file is whole, and the next change tries again.
                self.error = f"{type(error).__name__}: {error}"
                log.exception("the account could not be written to %s", self.path)
            finally:
                self._writing = False


def _dump() -> bytes:
    stored = {name: {a: dict(regions) for a, regions in backend.items()} for name, backend in _backends().items()}
    buffer = BytesIO()
    cloudpickle.Pickler(buffer, protocol=5).dump(stored)
    return buffer.getvalue()


def _backends() -> dict[str, Any]:
    """Every backend in use by the name of the variable that holds it."""
    found = {}
    for backend in cast(Any, BackendDict)._instances:
        module = sys.modules[backend.backend.__module__]
        variable = next(name for name, value in vars(module).items() if value is backend)
        found[f"{module.__name__}:{variable}"] = backend
    return found


def _verified(path: Path) -> bytes:
    header, _, content = path.read_bytes().partition(b"\n")
    said = json.loads(header)
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise SnapshotError("its content does not match its checksum")
    if (said["moto"], tuple(said["python"])) != (moto.__version__, sys.version_info[:2]):
        raise SnapshotError(f"written by moto {said['moto']} on Python {said['python']}, this is {moto.__version__}")
    return content


def _install(content: bytes) -> dict[str, int]:
    restored = {}
    for name, accounts in cloudpickle.loads(content).items():
        module, _, variable = name.partition(":")
        backend = getattr(importlib.import_module(module), variable)
        for account, regions in accounts.items():
            backend[account].update(regions)
        restored[backend.service_name] = sum(len(regions) for regions in accounts.values())
    return restored
