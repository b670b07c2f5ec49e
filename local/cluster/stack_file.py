"""What a stack file says of the cluster, read without the program: which one starts, and what its nodes may be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from local.state import REPOSITORY


def pools(stack: str) -> dict[str, Any]:
    """The `nodePools` of a stack file; none where the file has none."""
    found: dict[str, Any] = config(stack).get("takeoff:nodePools") or {}
    return found


def config(stack: str) -> dict[str, Any]:
    """The configuration of a stack file; empty where there is none."""
    file = Path(os.environ.get("TAKEOFF_STACK_FILE") or REPOSITORY / "stacks" / f"Pulumi.{stack}.yaml")
    found: dict[str, Any] = (yaml.safe_load(file.read_text()) or {}).get("config") or {} if file.exists() else {}
    return found
