"""takeoff deployed."""

from __future__ import annotations

from pathlib import Path

import typer

from takeoff.commands.options import Stack
from takeoff.deployed import commit, record


def deployed(stack: Stack = "local") -> None:
    """Write down from which commit the stack was deployed just now; versions that are trained from here on name it."""
    value = commit(Path.cwd())
    record(stack, value)
    typer.echo(f"{stack} is deployed from {value}")
