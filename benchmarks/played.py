"""What scenarios left of themselves: no benchmark plays them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def verdicts(file: Path, command: str) -> list[dict[str, Any]]:
    """The verdicts in a file that `command` writes.

    Raises SystemExit where it left nothing, and where a verdict was not fine: what a scenario took that came to
    something else says nothing.
    """
    if not file.exists():
        raise SystemExit(f"there is no {file}; play the scenarios first: {command}")
    found: list[dict[str, Any]] = json.loads(file.read_text())
    if failed := [one["scenario"] for one in found if not one["fine"]]:
        raise SystemExit(f"{file}: scenarios that failed: {', '.join(failed)}; only what holds has figures")
    return found
