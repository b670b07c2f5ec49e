"""takeoff models | versions | lineage | approve."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.table import Table
from rich.tree import Tree

from takeoff import stack as stacks
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.lineage import Lineage
from takeoff.override import Operator
from takeoff.pending import Registry, awaited
from takeoff.stack import CommandError
from takeoff.versions import Known, known

Model = Annotated[str, typer.Argument(help="model of the stack")]
_VERDICTS = {"promoted": "green", "rejected": "red", "rolled-back": "red"}


def models(stack: Stack = "local", as_json: Json = False) -> None:
    """Show every model: what is live, what comes next, the last drift verdict, and who froze it."""
    deployed = awaited(stacks.read(stack))
    operator = Operator(deployed)
    rows = []
    for model in deployed.models.values():
        now = known(deployed, model)
        rows.append(
            {
                "model": model.name,
                "owner": model.owner,
                "live": _version(now, "approved"),
                "candidate": _version(now, "candidate"),
                "drift": ", ".join(now.document("drift").get("alarmed", [])) or ("-" if "drift" in now.leaves else ""),
                "retraining": str(now.document("retraining").get("state", "")),
                "frozen": operator.frozen(model),
                "next": model.next,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(title=f"models of {stack}", title_justify="left")
    for heading in rows[0] if rows else ("model",):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(value or "-" for value in row.values()))
    console().print(table)


def versions(model: Model, stack: Stack = "local", as_json: Json = False) -> None:
    """Show a model's versions: metrics, slot, what Rollout decided and why, and what waits for a person."""
    deployed = stacks.read(stack)
    declared = deployed.model(model)
    found = known(deployed, declared).versions()
    waiting = Registry(declared).pending() if declared.registry else []
    if as_json:
        both = {"versions": [vars(each) for each in found], "pending": [vars(each) for each in waiting]}
        typer.echo(json.dumps(both, indent=2, default=dict))
        return
    table = Table(title=f"versions of {model}", title_justify="left")
    for heading in ("version", "slot", "algorithm", "metrics", "verdict", "reason"):
        table.add_column(heading, overflow="fold")
    for each in found:
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in each.metrics.items())
        verdict = f"[{_VERDICTS[each.verdict]}]{each.verdict}[/]" if each.verdict else "-"
        table.add_row(each.version, each.slot or "-", each.algorithm, metrics, verdict, each.reason or "-")
    console().print(table)
    for one in waiting:
        typer.echo(f"package {one.number} of {one.at} waits: takeoff approve {model} --package {one.number} --why ...")


def lineage(
    model: Model,
    version: Annotated[str, typer.Argument(help="a version, or the beginning of its name; the live one if none")] = "",
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Show where a version comes from and where it went: data set, training run, gates, endpoint, decision."""
    deployed = stacks.read(stack)
    declared = deployed.model(model)
    now = known(deployed, declared)
    chosen = now.version(version or _live(now, model))
    stages = Lineage().of(declared, now, chosen)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(stage) for stage in stages], indent=2))
        return
    tree = Tree(f"[bold]{model} {chosen.version}[/]")
    for stage in stages:
        branch = tree.add(stage.name if stage.facts else f"{stage.name}: nothing on record")
        for name, value in stage.facts.items():
            branch.add(f"{name}: {value}", highlight=False)
    console().print(tree)


def approve(
    model: Model,
    why: Annotated[str, typer.Option(help="what the person who approves has looked at; stays in the registry")],
    package: Annotated[int | None, typer.Option(help="number of the package, where more than one waits")] = None,
    stack: Stack = "local",
) -> None:
    """Approve a version whose gates asked for a person; the loop takes it from there."""
    done = Registry(stacks.read(stack).model(model)).approve(package, why)
    typer.echo(f"{model}: package {done.number} is approved; follow it with `takeoff rollout status {model}`")


def _version(now: Known, slot: str) -> str:
    record = now.record(slot)
    return record.version if record else ""


def _live(now: Known, model: str) -> str:
    if record := now.record("approved"):
        return record.version
    raise CommandError(f"lineage: {model} has no approved version yet; name one, see `takeoff versions {model}`")
