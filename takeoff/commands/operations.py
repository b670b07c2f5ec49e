"""takeoff train, register and predict."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from model_code.contract import VersionRecord
from takeoff import stack as stacks
from takeoff.commands import rollout
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.pending import awaited
from takeoff.register import register as register_artifact
from takeoff.traffic import TrafficReport, held_out, send, summarise
from takeoff.train import train as train_artifacts


def predict(
    models: Annotated[list[str] | None, typer.Argument(help="models; all of the stack's when none is named")] = None,
    stack: Stack = "local",
    requests: Annotated[int, typer.Option(min=1, max=100_000, help="predictions per model")] = 400,
    wait: Annotated[float, typer.Option(min=0, help="first wait so many seconds for each model's rollout")] = 0,
    as_json: Json = False,
) -> None:
    """Send held-out rows to each endpoint and compare it with what was asked; exit 1 when one failed."""
    deployed = awaited(stacks.read(stack))
    hosted = deployed.hosted(models or [])
    for name in models or deployed.models:
        if not deployed.model(name).endpoint:
            typer.echo(f"model {name}: {deployed.model(name).unhosted}", err=True)
    if wait:
        _settle(deployed, hosted, wait, as_json)
    reports: dict[str, TrafficReport] = {}
    table = Table(title=f"predictions ({requests} held-out rows per endpoint)", title_justify="left")
    for heading in ("endpoint", "variant", "version", "asked", "observed", "accuracy", "p50"):
        table.add_column(heading, justify="left" if heading in {"endpoint", "variant", "version"} else "right")
    for model in hosted:
        rows, labels = held_out(model.code)
        report = summarise(send(model.endpoint, rows, labels, requests), model.traffic)
        reports[model.endpoint] = report
        for row in report.variants:
            table.add_row(
                model.endpoint,
                row.variant,
                row.version or "-",
                f"{row.asked} %",
                f"{row.observed:.1f} %",
                f"{row.accuracy:.3f}" if row.requests else "-",
                f"{1000 * row.p50:.1f} ms" if row.requests else "-",
            )
    if as_json:
        typer.echo(json.dumps({name: dataclasses.asdict(report) for name, report in reports.items()}, indent=2))
    else:
        console().print(table)
    for name, report in reports.items():
        for error, count in Counter(report.failed).most_common(3):
            typer.echo(f"{name}: {count} requests failed: {error}", err=True)
    raise typer.Exit(1 if any(report.failed for report in reports.values()) else 0)


def register(
    model: Annotated[str, typer.Argument(help="model of the stack")],
    artifact: Annotated[Path, typer.Argument(help="model.tar.gz that training wrote")],
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Store a trained model under the hash of its content; the first is approved, later ones are candidates."""
    record, slot = register_artifact(stacks.read(stack), model, artifact)
    if as_json:
        typer.echo(json.dumps({"slot": slot, **record.model_dump()}))
        return
    _say(model, record, slot)


def train(
    model: Annotated[str, typer.Argument(help="model of the stack")],
    stack: Stack = "local",
    count: Annotated[int, typer.Option(min=1, help="versions to train, one per algorithm of the model")] = 1,
    out: Annotated[Path, typer.Option(help="folder for the artifacts")] = Path(".takeoff/trained"),
    store: Annotated[bool, typer.Option("--register", help="register each version when it is trained")] = False,
) -> None:
    """Train a model here, by its container's own train command; for the first versions of a model."""
    deployed = stacks.read(stack)
    with Console(stderr=True).status(f"training {model}"):
        for artifact in train_artifacts(deployed.model(model).code, out / model, count):
            if store:
                record, slot = register_artifact(deployed, model, artifact)
                _say(model, record, slot)
            else:
                typer.echo(str(artifact))


def _settle(deployed: stacks.DeployedStack, models: list[stacks.DeployedModel], timeout: float, as_json: bool) -> None:
    """Wait for the rollouts; predictions during one, or after one that failed, would be of another release."""
    ends = rollout.follow(deployed, models, timeout, trials=False)
    if rollout.failed(ends) or not as_json:
        rollout.show(ends, as_json)
    if rollout.failed(ends):
        raise typer.Exit(1)


def _say(model: str, record: VersionRecord, slot: str) -> None:
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in record.metrics.items())
    typer.echo(f"{model}: {record.version} is {slot} ({record.algorithm}; {metrics})")
