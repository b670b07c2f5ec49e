"""takeoff new model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from takeoff.commands.options import Stack

app = typer.Typer(help="Begin something new.", no_args_is_help=True)
