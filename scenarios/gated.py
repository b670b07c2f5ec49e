"""b and c: what must not get out is stopped by a gate, and the running model is untouched."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from typing import Any

from model_code.gates.holdout import ID, held_out
from model_code.gates.report import Identity
from model_code.gates.summary import Summary
from model_code.gates.validate import validate
from model_code.risk.data import GROUP
from model_code.risk.spec import SPEC
from scenarios.stage import Stage
from scenarios.verdict import StoppedError, Verdict

Rows = list[dict[str, str]]
# The share of the training rows that the others are copies of, and how often another choice of them is tried: what the
# comparison has to see, the data gate must not.
_FEW, _TRIES = 0.1, 60


def corrupted_data(stage: Stage, verdict: Verdict) -> None:
    """A data set whose columns were swapped and emptied on the way: stopped before anything is trained."""

    def corrupt(rows: Rows) -> None:
        for at, row in enumerate(rows):
            row["amount"], row["income"] = row["income"], row["amount"]
            if at % 3 == 0:
                row["amount"] = "inf"

    _stopped(stage, verdict, corrupt, "Validate")


def worse_candidate(stage: Stage, verdict: Verdict) -> None:
    """A few customers again and again, each a little different, as if they were many: stopped by the comparison."""
    accepted = _accepted(stage)

    def repeat(rows: Rows) -> None:
        for seed in range(_TRIES):
            repeated = _repeated(rows, seed)
            if _passes(repeated, accepted):
                rows[:] = repeated
                return
        raise StoppedError(f"worse data that the data gate lets through: not found in {_TRIES} tries")

    _stopped(stage, verdict, repeat, "Compare")


def _repeated(rows: Rows, seed: int) -> Rows:
    """As many rows for training, which come from a tenth of them; the held-out rows as they are."""
    chance = random.Random(seed)  # noqa: S311  a scenario's, not a secret
    kept = held_out(row[ID].encode() for row in rows)
    training = [row for row, out in zip(rows, kept, strict=True) if not out]
    few = chance.sample(training, int(len(training) * _FEW))
    copies: Rows = []
    for row in training:
        like = chance.choice(few)
        amount = float(like["amount"]) * chance.uniform(0.999, 1.001)
        # With the name of the row whose place it takes, a copy is a training row, too.
        copies.append({**like, ID: row[ID], "amount": f"{amount:.7g}"})
    return [row for row, out in zip(rows, kept, strict=True) if out] + copies


def _accepted(stage: Stage) -> Summary:
    """The summary of the data that the live version was trained on."""
    bucket, _, folder = str(stage.account.leaf("approved")["run"]).removeprefix("s3://").partition("/")
    found = stage.account.s3.get_object(Bucket=bucket, Key=f"{folder}/output/data/summary.json")["Body"].read()
    return Summary.read(found, SPEC.inputs)


def _passes(rows: Rows, accepted: Summary) -> bool:
    """Whether the data gate would let these rows through: the scenario is about the gate after it."""
    files = {"data.csv": _text(rows).encode()}
    report, _ = validate(files, SPEC, Identity(data="candidate"), accepted, first=False, extra=[ID, GROUP])
    return report.passed


def _stopped(stage: Stage, verdict: Verdict, change: Callable[[Rows], None], step: str) -> None:
    account = stage.account
    approved, packages, live = account.version("approved"), len(account.packages()), account.endpoint()
    setting = stage.setting
    healthy = setting.data(stage.unseen())
    feed = stage.feed()
    with stage.playing(feed):
        stage.upload(_changed(healthy, change), setting)
        code, said = stage.retrain(f"scenario: {step} must stop it")
        stage.upload(healthy, setting)
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
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    change(rows)
    return _text(rows)


def _text(rows: Rows) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _reason(said: Any) -> str:
    text = said.get("reason", "") if isinstance(said, dict) else str(said)
    return " ".join(text.split())[:300]
