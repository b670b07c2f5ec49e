"""What the platform's keys refuse, before SageMaker would: each in one line with its key path."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra.config import ConfigError, Stack, parse
from tests.unit.infra.test_config import GOOD, MODEL

Change = Callable[[dict[str, Any], dict[str, Any]], object]


def alone(model: dict[str, Any], **more: Any) -> None:
    """One variant with all traffic."""
    model["variants"] = [model["variants"][0] | more]
    model["traffic"] = {"main": 100}


def guarded(model: dict[str, Any], plan: str, percent: int, **more: Any) -> None:
    for variant in model["variants"]:
        variant["instances"] = 4
    deployment = {"plan": plan, "percent": percent, "bakeMinutes": 2, "rollback": {"errorPercent": 5}}
    model["deployment"] = {**deployment, **more}


def shadowed(model: dict[str, Any], **more: Any) -> None:
    model["shadow"] = {"instanceType": "ml.c6i.large", "percent": 50, **more}


def scaled(model: dict[str, Any], **more: Any) -> None:
    model["variants"][0]["scaling"] = {"minimum": 1, "maximum": 4, "invocationsPerInstance": 100, **more}


BATCH = {"schedule": "rate(1 day)", "instanceType": "ml.m5.large"}
LLM = {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lmi@sha256:" + "a" * 64}

# What is wrong → (how to make it wrong, key path, a part of what is allowed)
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "a shadow beside two variants": (lambda _, m: shadowed(m), f"{MODEL}.shadow", "exactly one variant"),
    "a shadow with a variant's name": (
        lambda _, m: (alone(m), shadowed(m, name="main")),
        f"{MODEL}.variants",
        "a name of its own",
    ),
    "a shadow without traffic": (
        lambda _, m: (alone(m), shadowed(m, percent=0)),
        f"{MODEL}.shadow.percent",
        "greater than or equal to 1",
    ),
    "rolling with two variants": (
        lambda _, m: guarded(m, "rolling", 25),
        f"{MODEL}.deployment.plan",
        "exactly one variant",
    ),
    "a canary of one instance": (
        lambda _, m: (guarded(m, "canary", 10), m["variants"][1].update(instances=1)),
        f"{MODEL}.deployment.plan",
        "two or more",
    ),
    "a canary above half": (
        lambda _, m: guarded(m, "canary", 51),
        f"{MODEL}.deployment.percent",
        "1 to 50 for canary",
    ),
    "a linear step too small": (lambda _, m: guarded(m, "linear", 5), f"{MODEL}.deployment.percent", "10 to 50"),
    "a guardrail without alarms": (
        lambda _, m: (guarded(m, "canary", 10), m["deployment"].pop("rollback")),
        f"{MODEL}.deployment.rollback",
        "one to 10 rollback alarms",
    ),
    "a rollback that watches nothing": (
        lambda _, m: guarded(m, "canary", 10, rollback={}),
        f"{MODEL}.deployment.rollback",
        "errorPercent, latencyMs",
    ),
    "a rollback without the time for it": (
        lambda _, m: guarded(m, "canary", 10, bakeMinutes=1),
        f"{MODEL}.deployment.bakeMinutes",
        "2 or more with rollback",
    ),
    "a rolling rollback without the time for it": (
        lambda _, m: (alone(m), guarded(m, "rolling", 25, stepMinutes=1)),
        f"{MODEL}.deployment.stepMinutes",
        "2 or more with rollback",
    ),
    "many models on a GPU": (
        lambda _, m: (
            alone(m, instanceType="ml.g6.xlarge"),
            m.update(mode="multi-model", accelerator="gpu"),
        ),
        f"{MODEL}.mode",
        "accelerator none",
    ),
    "more alarms than AWS takes": (
        lambda _, m: (
            m.update(
                variants=[m["variants"][0] | {"name": f"arm-{n}"} for n in range(6)],
                traffic={f"arm-{n}": 100 if n == 0 else 0 for n in range(6)},
            ),
            guarded(m, "canary", 10, rollback={"errorPercent": 5, "latencyMs": 100}),
        ),
        f"{MODEL}.deployment.rollback",
        "at most 10",
    ),
    "a plan longer than its own time limit": (
        lambda _, m: guarded(m, "linear", 10, stepMinutes=10, timeoutMinutes=30),
        f"{MODEL}.deployment.timeoutMinutes",
        "its own steps",
    ),
    "a plan longer than AWS allows": (
        lambda _, m: guarded(m, "canary", 10, timeoutMinutes=481),
        f"{MODEL}.deployment.timeoutMinutes",
        "less than or equal to 480",
    ),
    "a step longer than AWS allows": (
        lambda _, m: guarded(m, "canary", 10, stepMinutes=61),
        f"{MODEL}.deployment.stepMinutes",
        "less than or equal to 60",
    ),
    "capture without retention": (lambda _, m: m.update(capture={"percent": 10}), f"{MODEL}.capture.days", "required"),
    "autoscaling the wrong way round": (
        lambda _, m: scaled(m, minimum=5),
        f"{MODEL}.variants[0].scaling.maximum",
        "5 or more",
    ),
    "a schedule the wrong way round": (
        lambda _, m: scaled(m, schedule=[{"name": "day", "cron": "0 7 * * ? *", "minimum": 3, "maximum": 2}]),
        f"{MODEL}.variants[0].scaling.schedule[0].maximum",
        "3 or more",
    ),
    "autoscaling on nothing": (
        lambda _, m: scaled(m, invocationsPerInstance=None),
        f"{MODEL}.variants[0].scaling",
        "invocationsPerInstance, backlogPerInstance or schedule",
    ),
    "a real-time endpoint scaled to nothing": (
        lambda _, m: scaled(m, minimum=0),
        f"{MODEL}.variants[0].scaling.minimum",
        "1 or more",
    ),
    "a backlog without a queue": (
        lambda _, m: scaled(m, invocationsPerInstance=None, backlogPerInstance=2),
        f"{MODEL}.variants[0].scaling.backlogPerInstance",
        "mode async",
    ),
    "an asynchronous endpoint of two variants": (
        lambda _, m: m.update(mode="async"),
        f"{MODEL}.variants",
        "exactly one variant",
    ),
    "an asynchronous endpoint with nowhere to answer": (
        lambda _, m: (alone(m), m.update(mode="async")),
        f"{MODEL}.asynchronous",
        "the block with mode async",
    ),
    "a shadow of many models": (
        lambda _, m: (alone(m), shadowed(m), m.update(mode="multi-model")),
        f"{MODEL}.shadow",
        "mode realtime",
    ),
    "batch without a lake": (lambda _, m: m.update(batch=BATCH), f"{MODEL}.batch", "a `lake` block"),
    "a batch instance type of nowhere": (
        lambda s, m: (s.update(lake={}), m.update(batch=BATCH | {"instanceType": "ml.c6i.huge"})),
        f"{MODEL}.batch.instanceType",
        "types of transform jobs, such as ml.c",
    ),
    "a region that is not allowed": (
        lambda s, _: s.update(allowedRegions=["eu-central-1"]),
        "takeoff:region",
        "eu-central-1",
    ),
    "an image from elsewhere": (
        lambda s, m: (s.update(allowedRegions=["us-east-1"]), m.update(LLM)),
        f"{MODEL}.image",
        "us-east-1",
    ),
    "an image without a digest": (lambda _, m: m.update(image="lmi:latest"), f"{MODEL}.image", "sha256"),
    "a network that is nowhere": (lambda s, _: s.update(network={}), "takeoff:network", "cidr for a new VPC"),
    "a network that is two": (
        lambda s, _: s.update(network={"cidr": "10.0.0.0/16", "vpcId": "vpc-1"}),
        "takeoff:network",
        "cidr for a new VPC",
    ),
    "an existing network without subnets": (
        lambda s, _: s.update(network={"vpcId": "vpc-1"}),
        "takeoff:network.subnetIds",
        "two private subnets",
    ),
    "addresses that overlap": (
        lambda s, _: s.update(network={"cidr": "10.20.0.0/16", "reserved": ["10.20.4.0/24"]}),
        "takeoff:network.cidr",
        "does not overlap reserved[0], 10.20.4.0/24",
    ),
    "addresses of the internet": (
        lambda s, _: s.update(network={"cidr": "8.8.0.0/16"}),
        "takeoff:network.cidr",
        "a private block",
    ),
    "addresses that are none": (
        lambda s, _: s.update(network={"cidr": "10.20.0.1/16"}),
        "takeoff:network.cidr",
        "a block such as",
    ),
    "an unknown key of a block": (
        lambda s, _: s.update(network={"cdir": "10.0.0.0/16"}),
        "takeoff:network.cdir",
        "one of cidr, zones",
    ),
    "an unknown key deep inside": (
        lambda _, m: scaled(m, minimun=1),
        f"{MODEL}.variants[0].scaling.minimun",
        "one of minimum, maximum",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_with_its_key_path(mistake: str) -> None:
    change, path, allowed = MISTAKES[mistake]
    stack = copy.deepcopy(GOOD)
    change(stack, stack["models"]["breast-cancer"])
    with pytest.raises(ConfigError) as caught:
        parse(stack, "prod")
    line = str(caught.value).splitlines()[0]
    assert line.startswith(f"{path}: got ")
    assert allowed in line.partition("; allowed: ")[2]


# What is refused above is accepted once the one thing is mended, or the refusal would prove nothing.
ACCEPTED: dict[str, Change] = {
    "a shadow": lambda _, m: (alone(m), shadowed(m)),
    "a canary": lambda _, m: guarded(m, "canary", 50, stepMinutes=5, bakeMinutes=10),
    "linear": lambda _, m: guarded(m, "linear", 10, stepMinutes=3),
    "rolling": lambda _, m: (alone(m), guarded(m, "rolling", 25, stepMinutes=2)),
    "scaling by load and hour": lambda _, m: scaled(
        m, schedule=[{"name": "night", "cron": "0 20 * * ? *", "minimum": 1, "maximum": 1}]
    ),
    "an asynchronous endpoint that rests": lambda _, m: (
        alone(m, scaling={"minimum": 0, "maximum": 2, "backlogPerInstance": 5}),
        m.update(mode="async", asynchronous={"days": 7}),
    ),
    "many models": lambda _, m: (alone(m), m.update(mode="multi-model")),
    "batch": lambda s, m: (s.update(lake={}), m.update(batch=BATCH)),
    "a new network": lambda s, _: s.update(network={"cidr": "10.20.0.0/20", "reserved": ["10.0.0.0/16"]}),
    "an existing network": lambda s, _: s.update(network={"vpcId": "vpc-1", "subnetIds": ["subnet-1", "subnet-2"]}),
    "an image by digest": lambda _, m: m.update(LLM),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_sagemaker_takes_is_accepted(what: str) -> None:
    stack = copy.deepcopy(GOOD)
    ACCEPTED[what](stack, stack["models"]["breast-cancer"])
    assert isinstance(parse(stack, "prod"), Stack)
