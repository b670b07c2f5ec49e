"""b and c: what must not get out is stopped by a gate, and the running model is untouched."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from typing import Any

from model_code.gates.holdout import ID, held_out
from model_code.risk.spec import SPEC
from scenarios.stage import Stage
from scenarios.verdict import Verdict

Rows = list[dict[str, str]]
# Of the training rows, and days of rows: the comparison has to see what the data gate does not.
_MIXED, _DAYS = 0.22, 93


def corrupted_data(stage: Stage, verdict: Verdict) -> None:
    """A data set whose columns were swapped and emptied on the way: stopped before anything is trained."""

    def corrupt(rows: Rows) -> None:
        for at, row in enumerate(rows):
            row["amount"], row["income"] = row["income"], row["amount"]
            if at % 3 == 0:
                row["amount"] = "inf"

    _stopped(stage, verdict, corrupt, "Validate")


def worse_candidate(stage: Stage, verdict: Verdict) -> None:
    """A fifth of the training rows' labels are mixed up, too few to be seen in the data: stopped by the comparison."""

    def mislabel(rows: Rows) -> None:
        chance = random.Random(0)  # noqa: S311  a scenario's, not a secret
        kept = held_out(row[ID].encode() for row in rows)
        wronged = [row for row, out in zip(rows, kept, strict=True) if not out and chance.random() < _MIXED]
        labels = [row[SPEC.inputs.target] for row in wronged]
        chance.shuffle(labels)
        for row, label in zip(wronged, labels, strict=True):
            row[SPEC.inputs.target] = label

    _stopped(stage, verdict, mislabel, "Compare")


def _stopped(stage: Stage, verdict: Verdict, change: Callable[[Rows], None], step: str) -> None:
    account = stage.account
    approved, packages, live = account.version("approved"), len(account.packages()), account.endpoint()
    healthy = stage.setting.data(stage.unseen(), _DAYS)
    feed = stage.feed()
    with stage.playing(feed):
        stage.upload(_changed(healthy, change))
        code, said = stage.retrain(f"scenario: {step} must stop it")
        stage.upload(healthy)
    run = account.runs()[0]
    ended = {name: each["StepStatus"] for name, each in account.steps(run["PipelineExecutionArn"]).items()}
    verdict.note(f"`takeoff retrain` ended with {code}: {_reason(said)}", code == 1)
    verdict.note(f"steps: {ended}", ended.get(step) == "Failed" and run["PipelineExecutionStatus"] == "Failed")
    verdict.note(f"registered versions: {packages} before and after", len(account.packages()) == packages)
    verdict.note(f"{approved} is still approved", account.version("approved") == approved)
    same = account.endpoint()["EndpointConfigName"] == live["EndpointConfigName"]
    verdict.note(f"the endpoint serves {live['EndpointConfigName']} as before", same)
    verdict.note(f"{len(feed.tally.seen)} requests, failed: {dict(feed.tally.errors())}", not feed.tally.errors())


def _changed(text: str, change: Callable[[Rows], None]) -> str:
    """A CSV with other rows."""
    read = csv.DictReader(io.StringIO(text, newline=""))
    rows, out = list(read), io.StringIO(newline="")
    change(rows)
    writer = csv.DictWriter(out, list(read.fieldnames or ()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _reason(said: Any) -> str:
    text = said.get("reason", "") if isinstance(said, dict) else str(said)
    return " ".join(text.split())[:300]
