"""The SageMaker SDK in a virtual environment of its own: 756 MB and 138 distributions for one command."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LOCK = Path(__file__).with_name("requirements-sagemaker.txt")
# The SDK makes clients while it is imported. They get a region that exists and credentials that open nothing.
_NOBODY = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PYTHONPATH": str(ROOT),
    "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": os.devnull,
    "SAGEMAKER_USER_CONFIG_OVERRIDE": os.devnull,
    "SAGEMAKER_VALIDATE_ROLE": "false",
}


class UnavailableError(RuntimeError):
    """The SDK cannot be installed or did not answer: what was tried, and what it said."""


def ready() -> Path:
    """The environment's Python, made from the lock when it is not there yet (under a minute, and 756 MB).

    Raises UnavailableError when the packages cannot be had.
    """
    name = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / ".takeoff" / f"sagemaker-{name}"
    python, stamp = folder / "bin/python", folder / ".ready"
    if stamp.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)], os.environ)
    uv = Path(sys.executable).with_name("uv")
    _run([str(uv), "pip", "install", "--quiet", "--python", str(python), "-r", str(_LOCK)], os.environ)
    stamp.touch()
    return python


def render(codes: Sequence[str], python: Path) -> dict[str, str]:
    """The pipelines of model folders, as canonical JSON. About 8 s; nobody is called.

    Raises UnavailableError when the SDK does not write one.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAGEMAKER_", "PYTHON"))}
    with tempfile.TemporaryDirectory() as folder:
        _run([str(python), "-m", "tools.pipelines.render", folder, *codes], kept | _NOBODY)
        return {code: (Path(folder) / code).read_text() for code in codes}


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(environment), cwd=ROOT)
    except OSError as error:
        raise UnavailableError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.strip()[-900:]
        raise UnavailableError(f"`{' '.join(command[:4])}` failed (exit {done.returncode}): {said}")
