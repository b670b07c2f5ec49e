"""The `takeoff` command: operations on a deployed stack."""

from __future__ import annotations

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from takeoff.commands import (
    batch,
    catalog,
    dataset,
    deployed,
    destroy,
    drift,
    experiment,
    image,
    new,
    operate,
    operations,
    preflight,
    preview,
    retrain,
    rollout,
    score,
    terraform,
    versions,
)
from takeoff.stack import CommandError

app = typer.Typer(
    name="takeoff",
    help="Operate models that a Takeoff stack has deployed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(rollout.app, name="rollout")
app.add_typer(new.app, name="new")
app.add_typer(batch.app, name="batch")
app.add_typer(catalog.app, name="catalog")
app.add_typer(image.app, name="image")
app.add_typer(dataset.app, name="dataset")
app.add_typer(drift.app, name="drift")
app.add_typer(experiment.app, name="experiment")
app.command("retrain")(retrain.retrain)
app.command("predict")(operations.predict)
app.command("train")(operations.train)
app.command("register")(operations.register)
app.command("preflight")(preflight.preflight)
app.command("preview")(preview.preview)
app.command("deployed")(deployed.deployed)
app.command("destroy")(destroy.destroy)
app.command("score")(score.score)
app.command("models")(versions.models)
app.command("versions")(versions.versions)
app.command("lineage")(versions.lineage)
app.command("approve")(versions.approve)
app.command("rollback")(operate.rollback)
app.command("freeze")(operate.freeze)
app.command("unfreeze")(operate.unfreeze)
app.command("terraform-plan")(terraform.terraform_plan)


def main() -> None:
    """Run a command; what went wrong is one line on stderr and exit code 2."""
    try:
        app()
    except (CommandError, ClientError, BotoCoreError) as error:
        Console(stderr=True).print(f"[red]takeoff:[/red] {error}", highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
