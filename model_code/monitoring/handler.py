"""The Lambda function behind the monitoring state machine: one look at a window, at most one job."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.loop import MonitorSettings
from catalog.naming import parameter_name
from model_code.monitoring import account, spark, verdict
from model_code.monitoring.decide import Failed, Job, Read, Start, Step, Wait, decide, take
from model_code.monitoring.window import Window, carried, model_of, window_of

STACK = "TAKEOFF_STACK"
# Seconds after a window's end before anybody looks: captures are written in batches, after their requests.
SETTLE = 60
# Seconds between looks: one at first, doubled each time, since a job takes minutes.
LONGEST_WAIT = 60
# Objects that a job takes of captures, and of outcomes; a day of a busy endpoint's captures is some 3,000.
MOST_OBJECTS = 10_000
# And a run on Spark, whose executors share them; their names are some 20 MB.
MOST_OBJECTS_SPARK = 250_000
# Hours before the window whose requests an outcome may belong to, unless the settings say otherwise.
HOURS = 24


@dataclass(frozen=True, kw_only=True)
class Clients:
    """What a step talks to."""

    s3: Any
    sagemaker: Any
    ssm: Any
    now: Callable[[], datetime]
    emr: Any = None
    """For models that are looked at on Spark."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One window of one model: what it is monitored by, the live version's record, and the last verdict."""

    settings: MonitorSettings
    window: Window
    approved: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """Where the window's inputs and results are (s3://…)."""
        return f"{self.settings.reports.rstrip('/')}/{self.window.name}"

    @property
    def output(self) -> str:
        """Where its job writes."""
        return f"{self.folder}/output"

    def parameter(self, leaf: str) -> str:
        """The name of one of the model's parameters."""
        return parameter_name(self.settings.stack, self.settings.model, leaf)

    @property
    def version(self) -> str:
        """The live version."""
        return str(self.approved["version"])


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda."""
    s3, sagemaker, ssm, emr = map(boto3.client, ("s3", "sagemaker", "ssm", "emr-serverless"))
    clients = Clients(s3=s3, sagemaker=sagemaker, ssm=ssm, now=lambda: datetime.now(UTC), emr=emr)
    return step(event, os.environ[STACK], clients)


def step(event: dict[str, Any], stack: str, clients: Clients) -> dict[str, Any]:
    """Take one step for the window that `event` carries, or that its schedule names.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and, on failure, `reason`.
    """
    try:
        model = model_of(event)
        settings = _settings(clients.ssm, stack, model)
        if "start" not in event:
            last = json.loads(account.parameter(clients.ssm, parameter_name(stack, model, "drift")) or "{}")
            window = window_of(event, settings.period_seconds, clients.now(), str(last.get("end", "")))
            busy = _under_way(settings, str(last.get("looking", "")), clients)
            if busy and not busy.startswith(f"{settings.job}-{window.name}-"):
                # The next look begins where that one's window ends, so nothing is left out.
                return {"model": model, "status": "succeeded", "reason": f"{busy} is still under way", "seconds": 0}
            return {"model": model, **window.to_event(), "followed": [], "status": "waiting", "seconds": SETTLE}
        look = _look(clients.ssm, settings, carried(event))
    except ValueError as error:
        return {"status": "failed", "reason": f"nothing to look at: {error}", "seconds": 0}
    followed = list(event["followed"])
    prefix = f"{settings.job}-{look.window.name}"
    taken = decide(_jobs(settings, prefix, look.window.end, clients), prefix, followed)
    print(json.dumps({"model": model, "window": look.window.name, "step": repr(taken)}))
    come_to = _take(look, taken, clients)
    if not isinstance(come_to, Wait):
        return _end(look, come_to, clients)
    job = come_to.job
    return {
        **event,
        "status": "waiting",
        "followed": followed if not job or job in followed else [*followed, job],
        "seconds": min(2 * int(event["seconds"]), LONGEST_WAIT) if followed else 1,
    }


def _jobs(settings: MonitorSettings, prefix: str, since: datetime, clients: Clients) -> list[Job]:
    """Every job that was ever asked for under `prefix`; none was before `since`, the end of its window."""
    if settings.spark:
        return spark.jobs(clients.emr, settings, prefix, since)
    return account.jobs(clients.sagemaker, prefix)


def _under_way(settings: MonitorSettings, job: str, clients: Clients) -> str:
    """The job of this name, <prefix>-<number>, if there is one that has not ended; else empty."""
    if not job or not settings.spark:
        return account.under_way(clients.sagemaker, job)
    running = spark.running(clients.emr, settings)
    return job if job in running else ""


def _take(look: Look, taken: Step, clients: Clients) -> Wait | Failed | dict[str, Any]:
    """Do what was decided: what it came to is a job to wait for, a failure or a verdict."""
    match taken:
        case Start(job):
            return _start(look, job, clients)
        case Read(job):
            return _read(look, job, clients)
    return taken


def _settings(ssm: Any, stack: str, model: str) -> MonitorSettings:
    name = parameter_name(stack, model, "monitor")
    if not (text := account.parameter(ssm, name)):
        raise ValueError(f"{name} is not there; allowed: a model with `monitor:` in its stack entry")
    return MonitorSettings.from_json(text)


def _look(ssm: Any, settings: MonitorSettings, window: Window) -> Look:
    named = {leaf: parameter_name(settings.stack, settings.model, leaf) for leaf in ("approved", "drift")}
    approved, before = (json.loads(account.parameter(ssm, name) or "{}") for name in named.values())
    if not approved:
        raise ValueError(f"{named['approved']} is not there; allowed: a model with an approved version")
    return Look(settings=settings, window=window, approved=approved, before=before)


def _start(look: Look, job: str, clients: Clients) -> Wait | Failed | dict[str, Any]:
    """Ask for the job over what there is; a window without anything is a result by itself.

    A job of that name is another run's, which asked first: it is followed like an own one.
    """
    settings, window = look.settings, look.window
    hours = int(settings.settings.get("hours", HOURS))
    most = MOST_OBJECTS_SPARK if settings.spark else MOST_OBJECTS
    arrived = take(account.outcomes(clients.s3, settings, window), [], most)
    captures = take(*account.captures(clients.s3, settings, window, hours if arrived.names else 0), most)
    if not captures.names:
        print(verdict.sign_of_life(settings, clients.now()))
        return verdict.empty(window, look.version)
    run = str(look.approved.get("run") or "")
    baseline = f"{run.rstrip('/')}/output/data/" if run else ""
    profile = ["profile.json"] if baseline and account.exists(clients.s3, f"{baseline}profile.json") else []
    earlier = verdict.previous(look.before, window, look.version)
    state = ["state.json"] if earlier and account.exists(clients.s3, f"{earlier}/state.json") else []
    document = {
        **settings.settings,
        "model": settings.model,
        "code": settings.code,
        "stack": settings.stack,
        "endpoint": settings.endpoint,
        "window": window.to_event(),
        "seconds": window.seconds,
        "hours": hours,
        "version": look.version,
        "run": run,
        "metrics": look.approved.get("metrics", {}),
        "captures": {"objects": len(captures.names), "found": captures.found},
        "outcomes": {"objects": len(arrived.names), "found": arrived.found},
    }
    inputs = {
        "captures": (f"{settings.captures.rstrip('/')}/", captures.names),
        "outcomes": (f"{settings.outcomes.rstrip('/')}/", arrived.names),
        "baseline": (baseline, profile),
        "previous": (f"{earlier}/", state),
    }
    account.write_inputs(clients.s3, f"{look.folder}/input", document, inputs)
    try:
        if settings.spark:
            spark.start(clients.emr, settings, job, f"{look.folder}/input", look.output)
        else:
            request = account.request(settings, job, f"{look.folder}/input", look.output)
            clients.sagemaker.create_processing_job(**request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "ThrottlingException":
            return Wait("")
        if code != "ResourceInUse":
            return Failed(f"{job} was refused: {error.response.get('Error', {}).get('Message', error)}")
    if verdict.follows(window.to_event(), look.before):
        account.write_verdict(clients.ssm, look.parameter("drift"), {**look.before, "looking": job})
    return Wait(job)


def _read(look: Look, job: str, clients: Clients) -> Failed | dict[str, Any]:
    """The verdict that the job's report comes to."""
    report = account.report(clients.s3, look.output)
    if report is None or not isinstance(report.get("alarmed"), dict):
        return Failed(f"{job} is complete, and {look.output}/report.json is {'missing' if report is None else 'none'}")
    return verdict.seen(look.window, look.version, report, look.output)


def _end(look: Look, taken: Failed | dict[str, Any], clients: Clients) -> dict[str, Any]:
    """Write the verdict where everybody looks, unless it is of a window before the one that is there."""
    ended = verdict.failed(look.window, look.version, taken.reason) if isinstance(taken, Failed) else taken
    if verdict.follows(ended, look.before):
        account.write_verdict(clients.ssm, look.parameter("drift"), verdict.with_state(ended, look.before))
    status = "failed" if isinstance(taken, Failed) else "succeeded"
    return {"model": look.settings.model, "status": status, "reason": ended["reason"], "seconds": 0}
