"""Stack configuration: every mistake is one line that says key, got, allowed and file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from infra.config import ConfigError, load, parse

GOOD: dict[str, Any] = {
    "models": {
        "breast-cancer": {
            "code": "breast_cancer",
            "owner": "team@example.com",
            "accelerator": "none",
            "variants": [
                {"name": "main", "version": "approved", "instanceType": "ml.c6i.large", "instances": 1},
                {"name": "candidate", "version": "candidate", "instanceType": "ml.c6i.large", "instances": 1},
            ],
            "traffic": {"main": 90, "candidate": 10},
        }
    }
}
MODEL = "takeoff:models.breast-cancer"
KPI = {"name": "k", "description": "d", "unit": "u", "target": 1}

# What is wrong → (how to make it wrong, the key path that the message must begin with, a part of what is allowed)
MISTAKES: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], object], str, str]] = {
    "a model that is called as what all share": (
        lambda s, m: s["models"].update(platform=m),
        "takeoff:models.platform",
        "another: tags and costs call so what all models share",
    ),
    "no models": (lambda s, m: s.pop("models"), "takeoff:models", "required"),
    "unknown top key": (lambda s, m: s.update(modles={}), "takeoff:modles", "one of models, region"),
    "missing key": (lambda s, m: m.pop("code"), f"{MODEL}.code", "required"),
    "unknown key": (lambda s, m: m.update(trafic={}), f"{MODEL}.trafic", "one of code, owner"),
    "unknown key of a variant": (
        lambda s, m: m["variants"][0].update(kind=1),
        f"{MODEL}.variants[0].kind",
        "one of name, version, instanceType",
    ),
    "wrong type": (lambda s, m: m["traffic"].update(main="90"), f"{MODEL}.traffic.main", "valid integer"),
    "a number with a fraction": (lambda s, m: m["traffic"].update(main=89.5), f"{MODEL}.traffic.main", "integer"),
    "traffic above 100": (lambda s, m: m["traffic"].update(main=95), f"{MODEL}.traffic", "sum to 100"),
    "traffic below 0": (lambda s, m: m["traffic"].update(main=-1), f"{MODEL}.traffic.main", "greater than"),
    "traffic for nobody": (lambda s, m: m["traffic"].update(other=0), f"{MODEL}.traffic", "['candidate', 'main']"),
    "a variant without traffic": (lambda s, m: m["traffic"].pop("main"), f"{MODEL}.traffic", "one share for each"),
    "two variants of one name": (
        lambda s, m: m["variants"][1].update(name="main"),
        f"{MODEL}.variants",
        "a name of its own",
    ),
    "no variant": (lambda s, m: m.update(variants=[]), f"{MODEL}.variants", "at least 1"),
    "unknown instance type": (
        lambda s, m: m["variants"][1].update(instanceType="ml.c6i.huge"),
        "takeoff:models.breast-cancer.variants[1].instanceType",
        "such as ml.c6i.",
    ),
    "a pilot that cost nothing": (
        lambda s, m: m.update(pilotMonthlyCost=0),
        f"{MODEL}.pilotMonthlyCost",
        "greater than 0",
    ),
    "two KPIs of one name": (lambda s, m: m.update(kpis=[KPI, KPI]), f"{MODEL}.kpis", "a name of its own"),
    "Spark for nobody": (
        lambda s, m: s.update(spark={"image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/spark@sha256:{'b' * 64}"}),
        "takeoff:spark",
        "a model with `monitor.engine: emr-serverless`",
    ),
    "a KPI whose target is no number": (
        lambda s, m: m.update(kpis=[{**KPI, "target": "high"}]),
        f"{MODEL}.kpis[0].target",
        "valid number",
    ),
    "a body above SageMaker's limit": (
        lambda s, m: m.update(usage={"requestKb": 6001}),
        f"{MODEL}.usage.requestKb",
        "less than or equal to 6000",
    ),
    "a model's budget without the stack's": (
        lambda s, m: m.update(monthlyBudget=1),
        f"{MODEL}.monthlyBudget",
        "a `budget` block",
    ),
    "a stack's budget below its models'": (
        lambda s, m: (m.update(monthlyBudget=2), s.update(budget={"monthly": 1, "email": ["a@example.com"]})),
        "takeoff:budget.monthly",
        "their sum or more",
    ),
    "a budget that nobody hears of": (
        lambda s, m: s.update(budget={"monthly": 1, "email": []}),
        "takeoff:budget.email",
        "at least 1",
    ),
    "an instance type of another region": (
        lambda s, m: (s.update(region="eu-north-1"), m["variants"][0].update(instanceType="ml.m4.xlarge")),
        "takeoff:models.breast-cancer.variants[0].instanceType",
        "hosting types of eu-north-1",
    ),
    "no accelerator on a GPU": (
        lambda s, m: m["variants"][0].update(instanceType="ml.g5.xlarge"),
        f"{MODEL}.accelerator",
        "accelerator: gpu for this instance type",
    ),
    "a GPU without one": (lambda s, m: m.update(accelerator="gpu"), f"{MODEL}.accelerator", "accelerator: none"),
    "an accelerator that nobody makes": (lambda s, m: m.update(accelerator="tpu"), f"{MODEL}.accelerator", "'neuron'"),
    "a name too long": (lambda s, m: s["models"].update({"x" * 31: m}), f"takeoff:models.{'x' * 31}", "at most 30"),
    "a name in capitals": (lambda s, m: s["models"].update(Cancer=m), "takeoff:models.Cancer", "match pattern"),
    "no instance": (lambda s, m: m["variants"][0].update(instances=0), f"{MODEL}.variants[0].instances", "equal to 1"),
    "a version that is none": (
        lambda s, m: m["variants"][0].update(version="v2"),
        f"{MODEL}.variants[0].version",
        "approved|candidate",
    ),
    "an owner nobody can write to": (lambda s, m: m.update(owner="me"), f"{MODEL}.owner", "match pattern"),
}


def broken(mistake: str) -> str:
    stack = copy.deepcopy(GOOD)
    MISTAKES[mistake][0](stack, stack["models"]["breast-cancer"])
    with pytest.raises(ConfigError) as caught:
        parse(stack, "local")
    return str(caught.value)


def test_a_models_entry_of_a_few_lines_is_enough() -> None:
    model = parse(GOOD, "local").models["breast-cancer"]
    assert [(v.name, v.version, v.instances) for v in model.variants] == [
        ("main", "approved", 1),
        ("candidate", "candidate", 1),
    ]


def test_configuration_is_read_as_the_engine_hands_it_over_with_the_projects_defaults() -> None:
    handed = {"models": json.dumps(GOOD["models"]), "retainData": "false", "allowedRegions": "[]", "boundary": ""}
    pulumi.runtime.set_all_config({f"takeoff:{key}": value for key, value in handed.items()})
    try:
        found = load("local")
    finally:
        pulumi.runtime.set_all_config({})
    assert (found.retain_data, found.allowed_regions, found.boundary) == (False, (), "")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_with_key_got_allowed_and_file(mistake: str) -> None:
    _, path, allowed = MISTAKES[mistake]
    line = broken(mistake)
    assert line.count("\n") == 0
    assert line.startswith(f"{path}: got ")
    assert allowed in line.partition("; allowed: ")[2]
    assert line.endswith("fix it in stacks/Pulumi.local.yaml")


def test_two_mistakes_are_two_lines() -> None:
    stack = copy.deepcopy(GOOD)
    stack["models"]["breast-cancer"]["owner"] = "me"
    stack["models"]["breast-cancer"]["code"] = "Breast"
    with pytest.raises(ConfigError) as caught:
        parse(stack, "local")
    assert len(str(caught.value).splitlines()) == 2
