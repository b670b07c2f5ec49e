"""The Lambda function that looks at an experiment: reads its log, decides, reports, and hands a verdict to Rollout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.analysis import MODELS
from catalog.trial import TrialSettings, allocations
from model_code.experiment.decide import decide
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.log import Log
from model_code.experiment.record import observe
from model_code.experiment.report import Report

# Looks that the page shows; each is a few hundred bytes.
_LOOKS = 60


@dataclass(frozen=True)
class Clients:
    """The services that a look calls."""

    s3: Any
    ssm: Any
    states: Any


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda; `event["parameter"]` names the experiment's parameter."""
    return look(event["parameter"], _clients(), lambda: datetime.now(UTC))


@cache
def _clients() -> Clients:
    return Clients(*map(boto3.client, ("s3", "ssm", "stepfunctions")))


def look(parameter: str, clients: Clients, now: Callable[[], datetime]) -> dict[str, Any]:
    """Take one look. The first verdict stands: later looks report, and change it no more.

    Reads the whole log each time, so that a look that died leaves nothing behind. Returns the report's document.
    """
    settings = TrialSettings.from_json(clients.ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    experiment, log = declared(settings.experiment), Log(clients.s3, settings.bucket, settings.prefix)
    observed = observe(
        experiment,
        log.exposures(),
        log.outcomes(),
        since=datetime.fromisoformat(settings.since),
        until=now(),
        window=timedelta(seconds=settings.window_seconds),
    )
    decision = decide(experiment, observed)
    at = now().isoformat(timespec="seconds")
    report = Report(experiment=experiment, observed=observed, decision=decision, at=at)
    _publish(clients, settings, report)
    print(metrics(settings, report, int(now().timestamp() * 1000)))
    if decision.kind != "continue":
        _hand_over(clients, settings, parameter, report)
    return report.document()


def declared(raw: Mapping[str, Any]) -> Experiment:
    """The experiment of the settings, whose shares are percent there. Raises UnusableError or TypeError."""
    fields = dict(raw)
    targets, guardrails = (tuple(Metric(**each) for each in fields.pop(name)) for name in ("targets", "guardrails"))
    shares = tuple(allocations(fields.pop("shares")))
    return Experiment(targets=targets, guardrails=guardrails, shares=shares, **fields)


def metrics(settings: TrialSettings, report: Report, at: int) -> str:
    """The look in CloudWatch's embedded metric format; `at` is in milliseconds since 1970."""
    names = ("Units", "Decided")
    told = {"Units": sum(report.observed.units.values()), "Decided": int(report.decision.kind != "continue")}
    directive = {
        "Namespace": MODELS,
        "Dimensions": [["Stack", "Model", "Experiment"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in names],
    }
    whose = {"Stack": settings.stack, "Model": settings.model, "Experiment": report.experiment.name}
    return json.dumps({"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, **whose, **told})


def _publish(clients: Clients, settings: TrialSettings, report: Report) -> None:
    """Write report.json and report.html; the looks so far are in the page's own data."""
    folder = f"{settings.prefix}/reports"
    looks = [*_looks(clients, settings), report.document()][-_LOOKS:]
    for name, text, kind in (
        ("looks.json", json.dumps(looks), "application/json"),
        ("report.json", report.to_json(), "application/json"),
        ("report.html", report.to_html(looks[:-1]), "text/html"),
    ):
        clients.s3.put_object(
            Bucket=settings.bucket, Key=f"{folder}/{name}", Body=text.encode(), ContentType=f"{kind}; charset=utf-8"
        )


def _looks(clients: Clients, settings: TrialSettings) -> list[dict[str, Any]]:
    try:
        found = clients.s3.get_object(Bucket=settings.bucket, Key=f"{settings.prefix}/reports/looks.json")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return []
    looks: list[dict[str, Any]] = json.loads(found["Body"].read())
    return looks


def _hand_over(clients: Clients, settings: TrialSettings, parameter: str, report: Report) -> None:
    """Leave the verdict where Rollout reads it, once for each experiment, and start Rollout.

    Rollout is started at every look from then on: it converges, and a look may have died between the two calls.
    """
    place = parameter.removesuffix("experiment") + "experiment-verdict"
    if _verdict(clients, place).get("experiment") != report.experiment.name:
        told = {key: report.document()[key] for key in ("experiment", "kind", "arm", "why", "units", "at")}
        clients.ssm.put_parameter(Name=place, Value=json.dumps(told, sort_keys=True), Type="String", Overwrite=True)
    clients.states.start_execution(stateMachineArn=settings.rollout, input=json.dumps({"parameter": settings.desired}))


def _verdict(clients: Clients, place: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(clients.ssm.get_parameter(Name=place)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return {}
    return found
