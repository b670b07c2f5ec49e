"""takeoff catalog refresh."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from takeoff import refresh as refreshing

app = typer.Typer(help="Keep the catalog's prices and instance types up to date.")


@app.callback()
def _group() -> None:
    """Keep the catalog's prices and instance types up to date."""


@app.command()
def refresh(
    region: Annotated[list[str], typer.Option(help="region whose prices are read; may be repeated")],
) -> None:
    """Rewrite catalog/prices.json and instance_specs.json from an AWS account's answers; commit what changed."""
    today = datetime.now(UTC).date()
    for each in region:
        if missing := refreshing.prices(each, today):
            typer.echo(f"{each}: the Price List API has no one price for {', '.join(missing)}", err=True)
    refreshing.specs(region[0], today)
