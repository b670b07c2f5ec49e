"""Experiments that cannot be run are refused when they are declared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model_code.errors import UnusableError
from model_code.experiment.declared import Experiment, Metric

METRIC = Metric(name="bought", better="higher", rate=True, effect=0.01)
HALVES = {"a": 0.5, "b": 0.5}
FINE = Experiment(name="test", control="a", shares=(HALVES,), targets=(METRIC,), planned=1_000)


def test_the_arms_but_the_control_are_the_treatments() -> None:
    made = replace(FINE, shares=({"c": 0.2, "a": 0.2, "b": 0.2},))
    assert made.arms == ("a", "b", "c")
    assert made.treatments == ("b", "c")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "experiment: got name ''"),
        ({"control": "c"}, "control: got 'c'; allowed: a, b"),
        ({"shares": ()}, "shares: got none"),
        ({"shares": ({"a": 1.0},)}, "two arms or more"),
        ({"shares": ({"a": 0.7, "b": 0.7},)}, "at most 1 in all"),
        ({"shares": ({"a": 0.5, "b": 0.0},)}, "share of b: got 0.0"),
        ({"shares": ({"a": 0.5, "b": float("nan")},)}, "share of b: got nan"),
        ({"shares": (HALVES, {"a": 0.5, "c": 0.5})}, "the same arms throughout"),
        ({"shares": ({"a": 0.5, "": 0.5},)}, "arm: got name ''"),
        ({"targets": ()}, "one target or more"),
        ({"targets": (METRIC, METRIC)}, "each name once"),
        ({"guardrails": (METRIC,)}, "each name once"),
        ({"alpha": 0.0}, "alpha: got"),
        ({"guardrail_alpha": 1.0}, "guardrail_alpha: got"),
        ({"mismatch_alpha": 2.0}, "mismatch_alpha: got"),
        ({"minimum": 1}, "minimum: got 1"),
        ({"planned": 99}, "planned: got 99"),
    ],
)
def test_an_experiment_that_cannot_be_run_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        replace(FINE, **changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"better": "up"}, "better: got 'up'"), ({"effect": 0.0}, "effect: got"), ({"name": "\n"}, "metric: got name")],
)
def test_a_metric_that_cannot_be_judged_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        replace(METRIC, **changed)
