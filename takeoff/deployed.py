"""Which commit a stack was deployed from: written beside its models, so that a version can name it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import boto3

UNKNOWN = "unknown"
# What a build or a workflow knows of the commit that it runs on, where the history itself is not there.
_TOLD = ("CODEBUILD_RESOLVED_SOURCE_VERSION", "GITHUB_SHA")


def parameter_of(stack: str) -> str:
    """The SSM parameter that holds a stack's commit (model_code/retraining reads it when a run begins)."""
    return f"/takeoff/{stack}/commit"


def commit(folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The commit of a working tree, marked where files differ from it; else what the environment says, or `unknown`."""
    head = _git(folder, "rev-parse", "HEAD")
    if head:
        return f"{head}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else head
    return next((environment[name] for name in _TOLD if environment.get(name)), UNKNOWN)


def record(stack: str, value: str) -> None:
    """Write a stack's commit, where it is another than before."""
    ssm, name = boto3.client("ssm"), parameter_of(stack)
    found = ssm.get_parameters(Names=[name])["Parameters"]
    if not found or found[0]["Value"] != value:
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
