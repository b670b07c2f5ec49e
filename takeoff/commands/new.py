"""takeoff new model."""

from __future__ import annotations

import typer

app = typer.Typer(help="Begin something new.", no_args_is_help=True)
