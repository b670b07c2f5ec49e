"""i: an experiment with three arms; two are the same, one earns more."""

from __future__ import annotations

import json
from collections import Counter
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

_MOST = 9_000
_EFFECT = 10.0  # EUR a decision
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
    spent, sent, values, day, crossed = 0, Counter[str](), list[float](), 500, 0
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
    verdict.note(text, used <= _NEAR * needed + spent / day)


def _day(stage: Stage, plan: Declared, world: World, day: int) -> dict[str, tuple[str, str, float]]:
    """Ask about a day's transactions: by unit the arm, the variant that answered, and what the decision earned."""
    asked = traffic.requests(world, day)
    arms = [assign(plan, one.id) or plan.control for one in asked]
    served, decisions = [], []
    for one, arm in zip(asked, arms, strict=True):
        if any(cell in (None, "") for cell in one.row):  # the schema refuses it, and no application would ask
            served.append("")
            decisions.append(False)
            continue
        answer = stage.account.runtime.invoke_endpoint(
            EndpointName=stage.account.model.endpoint,
            ContentType="application/json",
            Body=traffic.as_json([one]),
            TargetVariant=arm,
        )
        served.append(answer["InvokedProductionVariant"])
        decisions.append(traffic.approved(json.loads(answer["Body"].read())["probabilities"][0]))
    earned = traffic.revenue(world, day, decisions, arms)
    rows = zip(asked, arms, served, earned, strict=True)
    return {one.id: (arm, by, value) for one, arm, by, value in rows if by}


def _forget(stage: Stage, trial: Experiment) -> None:
    """Take the log and the verdict of an earlier run of this scenario away."""
    account, settings = stage.account, trial.settings
    for page in account.s3.get_paginator("list_objects_v2").paginate(
        Bucket=settings.bucket, Prefix=f"{settings.prefix}/"
    ):
        for each in page.get("Contents", ()):
            account.s3.delete_object(Bucket=settings.bucket, Key=each["Key"])
    account.ssm.delete_parameters(Names=[f"{trial.parameter}-verdict"])
