"""`analysis` of a model: what it becomes, and what is refused in one line."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from catalog.analysis import Analysis, OnlineMetric, Shadow, Step
from infra.config import ConfigError, parse
from infra.config import analysis as config

MODEL: dict[str, Any] = {
    "code": "breast_cancer",
    "owner": "team@example.com",
    "variants": [{"name": "main", "instanceType": "ml.c6i.large"}],
    "traffic": {"main": 100},
}
PATH = "takeoff:models.m"


def normal(analysis: dict[str, Any]) -> Analysis:
    return config.Analysis.model_validate(analysis).normal()


def test_an_empty_block_is_a_canary_with_a_tenth_of_the_traffic() -> None:
    assert normal({}) == Analysis(
        steps=(Step(percent=10, requests=0, seconds=0),),
        bake_seconds=600,
        look_seconds=60,
        tolerated=0.01,
        detect=0.05,
    )


def test_a_linear_plan_has_equal_steps_below_a_hundred() -> None:
    found = normal({"plan": "linear", "percent": 25, "stepMinutes": 5, "requests": 300})
    assert found.steps == tuple(Step(percent=share, requests=300, seconds=300) for share in (25, 50, 75))


def test_a_staged_plan_has_the_steps_that_it_lists() -> None:
    stages = [{"percent": 1, "minutes": 30}, {"percent": 20, "minutes": 60, "requests": 5000}]
    found = normal({"plan": "staged", "stages": stages})
    assert found.steps == (Step(percent=1, requests=0, seconds=1800), Step(percent=20, requests=5000, seconds=3600))


def test_rates_are_of_one_and_the_rest_is_as_it_is_said() -> None:
    found = normal(
        {
            "errorPercent": 2,
            "detectPercent": 0.5,
            "latencyMs": 250,
            "bakeMinutes": 3,
            "lookSeconds": 10,
            "metric": {"margin": 0.02, "least": 400},
            "shadow": {"percent": 50, "requests": 1000},
        }
    )
    assert (found.tolerated, found.detect, found.latency_ms) == (0.02, 0.005, 250)
    assert (found.bake_seconds, found.look_seconds, found.alarms) == (180, 10, ())
    assert found.metric == OnlineMetric(margin=0.02, least=400)
    assert found.shadow == Shadow(percent=50, requests=1000)


@pytest.mark.parametrize(
    ("analysis", "where", "allowed"),
    [
        ({"plan": "blue"}, "plan", "'canary', 'linear' or 'staged'"),
        ({"percent": 0}, "percent", "greater than or equal to 1"),
        ({"percent": 100}, "percent", "less than or equal to 99"),
        ({"plan": "linear", "percent": 4}, "percent", "5 to 50"),
        ({"plan": "linear", "percent": 51}, "percent", "5 to 50"),
        ({"plan": "staged"}, "stages", "one stage or more"),
        ({"stages": [{"percent": 5}]}, "stages", "plan staged"),
        ({"plan": "staged", "percent": 5, "stages": [{"percent": 5}]}, "percent", "each of `stages`"),
        ({"plan": "staged", "requests": 5, "stages": [{"percent": 5}]}, "requests", "each of `stages`"),
        ({"plan": "staged", "stages": [{"percent": 20}, {"percent": 5}]}, "stages[1].percent", "21 to 99"),
        ({"plan": "staged", "stages": [{"percent": 5}, {"percent": 5}]}, "stages[1].percent", "6 to 99"),
        ({"plan": "staged", "stages": [{"percent": 100}]}, "stages[0].percent", "less than or equal to 99"),
        ({"lookSeconds": 9}, "lookSeconds", "greater than or equal to 10"),
        ({"lookSeconds": 601}, "lookSeconds", "less than or equal to 600"),
        ({"errorPercent": 0}, "errorPercent", "greater than 0"),
        ({"errorPercent": 100}, "errorPercent", "less than 100"),
        ({"detectPercent": 0}, "detectPercent", "greater than 0"),
        ({"errorPercent": 50, "detectPercent": 50}, "detectPercent", "less than 100 with errorPercent"),
        ({"latencyMs": 0}, "latencyMs", "greater than or equal to 1"),
        ({"metric": {"margin": 0, "least": 1}}, "metric.margin", "greater than 0"),
        ({"metric": {"margin": 1, "least": 1}}, "metric.margin", "less than 1"),
        ({"metric": {"margin": 0.1}}, "metric.least", "required"),
        ({"metric": {"margin": float("nan"), "least": 1}}, "metric.margin", "less than 1"),
        ({"shadow": {"percent": 0, "requests": 1}}, "shadow.percent", "greater than or equal to 1"),
        ({"shadow": {"percent": 5}}, "shadow.requests", "required"),
        ({"bakeMinutes": 2000}, "bakeMinutes", "less than or equal to 1440"),
        ({"bake": 1}, "bake", "one of plan, percent"),
    ],
)
def test_a_block_that_is_no_plan_is_refused_in_one_line(analysis: dict[str, Any], where: str, allowed: str) -> None:
    refused({"analysis": analysis}, f"{PATH}.analysis.{where}", allowed)


TWO = [{"name": "main", "instanceType": "ml.c6i.large"}, {"name": "arm", "instanceType": "ml.c6i.large"}]


@pytest.mark.parametrize(
    ("change", "where", "allowed"),
    [
        ({"variants": TWO, "traffic": {"main": 50, "arm": 50}}, "analysis", "one variant"),
        ({"shadow": {"instanceType": "ml.c6i.large", "percent": 5}}, "shadow", "`analysis.shadow`"),
        ({"mode": "async", "asynchronous": {"days": 1}}, "analysis", "mode realtime"),
        ({"variants": [{**MODEL["variants"][0], "version": "candidate"}]}, "variants[0].version", "a pinned version"),
        (
            {"variants": [{**MODEL["variants"][0], "name": "candidate"}], "traffic": {"candidate": 100}},
            "variants[0].name",
            "another name",
        ),
        ({"batch": {"schedule": "rate(1 day)", "instanceType": "ml.m5.large"}}, "batch.version", "a pinned version"),
    ],
)
def test_a_model_that_rollout_could_not_try_versions_of_is_refused(
    change: dict[str, Any], where: str, allowed: str
) -> None:
    refused({"analysis": {}, **change}, f"{PATH}.{where}", allowed)


def test_a_pin_stands_beside_an_analysis() -> None:
    pinned = {**MODEL, "variants": [{**MODEL["variants"][0], "version": "a" * 12}], "analysis": {}}
    assert parse({"models": {"m": pinned}}, "prod").models["m"].versions() == ["a" * 12]


def refused(change: dict[str, Any], where: str, allowed: str) -> None:
    raw = {"models": {"m": {**copy.deepcopy(MODEL), **change}}}
    with pytest.raises(ConfigError) as caught:
        parse(raw, "prod")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{where}: got ")
    assert allowed in line
    assert line.endswith("fix it in stacks/Pulumi.prod.yaml")
