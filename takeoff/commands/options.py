"""Options that every command shares."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str, typer.Option("--stack", "-s", help="stack to work on", envvar="PULUMI_STACK")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]
