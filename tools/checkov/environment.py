"""Checkov in a virtual environment of its own: its pins are not ours, and its 99 distributions are for one command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LOCK = Path(__file__).with_name("requirements-checkov.txt")
_CACHE = Path(__file__).parents[2] / ".takeoff"


class UnavailableError(RuntimeError):
    """Checkov cannot be installed or did not answer: what was tried, and what it said."""


def ready() -> Path:
    """The environment's Python, made from the lock when it is not there yet (about 15 s and 290 MB).

    Raises UnavailableError when the packages cannot be had.
    """
    name = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _CACHE / f"checkov-{name}"
    python, stamp = folder / "bin/python", folder / ".ready"
    if stamp.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    uv = Path(sys.executable).with_name("uv")
    # Without the bytecode a first run takes twice as long.
    _run([str(uv), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), "-r", str(_LOCK)])
    stamp.touch()
    return python


def failed_checks(plan: Path) -> tuple[list[Mapping[str, Any]], int]:
    """The checks that a plan fails, and how many it passes. 3 to 7 s for 200 resources; nothing is downloaded.

    Raises UnavailableError when checkov cannot be had, does not answer, or could not read the plan.
    """
    command = [str(ready()), "-m", "checkov.main", "--file", str(plan), "--framework", "terraform_plan"]
    command += ["--output", "json", "--quiet", "--compact", "--skip-download", "--soft-fail"]
    # What only the deployment knows is judged as set, and not as missing.
    said = _run(command, {"EVAL_TF_PLAN_AFTER_UNKNOWN": "true", "LOG_LEVEL": "ERROR"})
    try:
        answer = json.loads(said)
        summary, failed = answer["summary"], answer["results"]["failed_checks"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"checkov answered {said[:200]!r}; allowed: its JSON report of a plan") from error
    if summary["parsing_errors"] or not summary["passed"] + summary["failed"]:
        raise UnavailableError(f"checkov read nothing from {plan}: {summary}")
    return failed, summary["passed"]


def _run(command: list[str], more: Mapping[str, str] | None = None) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "BC_", "PRISMA_", "CKV_"))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**env, **(more or {})})
    except OSError as error:
        raise UnavailableError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        raise UnavailableError(
            f"`{' '.join(command[:4])}` failed (exit {done.returncode}): {done.stderr.strip()[-600:]}"
        )
    return done.stdout
