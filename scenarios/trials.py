"""i: an experiment with three arms; two are the same, one earns more."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from model_code.experiment.assignment import assign
from model_code.experiment.declared import Experiment as Declared
from model_code.experiment.handler import declared
from model_code.experiment.log import Log
from model_code.experiment.record import Exposure, Outcome
from model_code.risk import traffic
from model_code.sequential.power import per_arm_of_means
from model_code.world.world import World
from scenarios.stage import Stage
from scenarios.verdict import Verdict
from scenarios.worlds import KNOBS, SEED
from takeoff.experiment import Experiment
from takeoff.stack import CommandError

_MOST, _THREADS = 9_000, 3
_FIRST = 500  # the day on which it begins
_EFFECT, _CAP = 3.0, 50.0  # EUR a decision; a few that cost thousands would carry the sum
_NEAR = 2.0  # times the sample of one look at the end: the price of being allowed to look all the time


def experiment(stage: Stage, verdict: Verdict) -> None:
    """Two equal arms: no difference is claimed; a true effect: found, with little more than the sample it takes.

    Synthetic customers; each unit's arm is a hash of its name, asked for by TargetVariant.
    """
    account = stage.account
    trial = Experiment(account.stack, account.model)
    plan = declared(trial.settings.experiment)
    _forget(stage, trial)
    world = World(SEED, replace(KNOBS, effects={"treatment": _EFFECT, "same": 0.0}))
    log = Log(account.s3, trial.settings.bucket, trial.settings.prefix)
    spent, sent, values, day, crossed = 0, Counter[str](), list[float](), _FIRST, 0
    with stage.timeline.watching(account):
        while spent < _MOST and not trial.verdict():
            shown = _day(stage, plan, world, day)
            moment = datetime.now(UTC) - timedelta(hours=12)
            for unit, (arm, served, value) in shown.items():
                log.add(Exposure(experiment=plan.name, unit=unit, arm=arm, at=moment, covariates={}))
                log.add(Outcome(experiment=plan.name, unit=unit, metric="revenue", value=value, at=moment))
                sent[arm] += 1
                crossed += served != arm
                values.append(value)
            log.flush()
            spent, day = spent + len(shown), day + 1
            stage.timeline.tell("experiment", f"{spent} units")
            stage.until(f"a look at {spent} units", lambda: trial.verdict() or _seen(trial) >= spent, 60)  # noqa: B023
        stage.until("a verdict", trial.verdict, 60)
        stage.until("the winner's traffic", lambda: account.weights().get("treatment") == 100, 90)
    told = trial.verdict()
    report = trial.report()
    same = next(each for each in report["intervals"] if (each["arm"], each["metric"]) == ("same", "revenue"))
    holds = same["low"] is None or same["low"] <= 0 <= same["high"]
    verdict.note(f"A/A: same less control from {same['low']} to {same['high']}", holds and told["arm"] != "same")
    verdict.note(
        f"A/B: {told['kind']} {told['arm']}: {told['why']}", (told["kind"], told["arm"]) == ("winner", "treatment")
    )
    verdict.note(f"the endpoint's weights are {account.weights()}", account.weights()["treatment"] == 100)
    verdict.note(f"requests by arm: {dict(sent)}; served by another than asked: {crossed}", not crossed)
    needed = per_arm_of_means(float(np.std(values)), _EFFECT, alpha=plan.alpha / 2, power=0.9)
    used = max(told["units"].values())
    text = f"{used} units an arm at the verdict; one look at the end, known beforehand, takes {needed}"
    a_day = spent / (day - _FIRST) / len(sent)
    verdict.note(text, used <= _NEAR * needed + a_day)


def _day(stage: Stage, plan: Declared, world: World, day: int) -> dict[str, tuple[str, str, float]]:
    """Ask about a day's transactions: by unit the arm, the variant that answered, what the decision earned, capped."""
    asked = traffic.requests(world, day)
    arms = [assign(plan, one.id) or plan.control for one in asked]

    def ask(one: traffic.Request, arm: str) -> tuple[str, bool]:
        if any(cell in (None, "") for cell in one.row):  # the schema refuses it, and no application would ask
            return "", False
        answer = stage.account.runtime.invoke_endpoint(
            EndpointName=stage.account.model.endpoint,
            ContentType="application/json",
            Body=traffic.as_json([one]),
            TargetVariant=arm,
        )
        probabilities = json.loads(answer["Body"].read())["probabilities"][0]
        return answer["InvokedProductionVariant"], traffic.approved(probabilities)

    with ThreadPoolExecutor(_THREADS) as pool:
        answers = list(pool.map(ask, asked, arms))
    earned = traffic.revenue(world, day, [decision for _, decision in answers], arms)
    rows = zip(asked, arms, answers, earned, strict=True)
    return {one.id: (arm, served, max(-_CAP, min(_CAP, value))) for one, arm, (served, _), value in rows if served}


def _seen(trial: Experiment) -> int:
    """The units of the last look; none before the first."""
    with suppress(CommandError):
        return sum(trial.report()["units"].values())
    return 0


def _forget(stage: Stage, trial: Experiment) -> None:
    """Take the log and the verdict of an earlier run of this scenario away."""
    account, settings = stage.account, trial.settings
    for page in account.s3.get_paginator("list_objects_v2").paginate(
        Bucket=settings.bucket, Prefix=f"{settings.prefix}/"
    ):
        for each in page.get("Contents", ()):
            account.s3.delete_object(Bucket=settings.bucket, Key=each["Key"])
    account.ssm.delete_parameters(Names=[f"{trial.parameter}-verdict"])
