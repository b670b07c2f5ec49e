"""What may be asked of an analysis, and that whatever may be asked can be answered."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.analysis import Analysis, OnlineMetric, Shadow, Step, refusals, steps
from model_code.rollout.evidence import sample

GOOD = Analysis(steps=steps("linear", 25, 60, 10), bake_seconds=300, look_seconds=60, tolerated=0.01, detect=0.05)
METRIC, SHADOW = OnlineMetric(margin=0.02, least=200), Shadow(percent=50, requests=100)


def step(percent: int, requests: int = 1, seconds: int = 0) -> Step:
    return Step(percent=percent, requests=requests, seconds=seconds)


def test_a_sensible_analysis_is_refused_nothing() -> None:
    assert refusals(replace(GOOD, metric=METRIC, shadow=SHADOW, latency_ms=200, alarms=("kpi",))) == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("steps", {"steps": ()}),
        ("steps", {"steps": (step(50), step(10))}),
        ("steps", {"steps": (step(10), step(10))}),
        ("steps", {"steps": (step(100),)}),
        ("steps", {"steps": (step(0),)}),
        ("steps", {"steps": (step(10, requests=0),)}),
        ("steps", {"steps": (step(10, seconds=-1),)}),
        ("steps", {"steps": (step(10, seconds=60 * 2_001),)}),
        ("look_seconds", {"look_seconds": 1}),
        ("bake_seconds", {"bake_seconds": -1}),
        ("patience", {"patience": 0}),
        ("latency_ms", {"latency_ms": 0}),
        ("power", {"power": 1.0}),
        ("tolerated", {"tolerated": 0.0}),
        ("tolerated", {"tolerated": 1.0}),
        ("detect", {"detect": 0.0}),
        ("detect", {"detect": 0.995}),
        ("detect", {"detect": 0.001}),
        ("shadow", {"shadow": replace(SHADOW, percent=0)}),
        ("metric.margin", {"metric": replace(METRIC, margin=1.0)}),
        ("metric.least", {"metric": replace(METRIC, least=10)}),
        ("metric", {"metric": replace(METRIC, name="")}),
    ],
)
def test_nonsense_is_refused_by_name(field: str, change: dict[str, Any]) -> None:
    assert [each.field for each in refusals(replace(GOOD, **change))] == [field]


@settings(max_examples=40, deadline=None)
@given(tolerated=st.floats(0.001, 0.5), detect=st.floats(0.001, 0.5), power=st.floats(0.5, 0.99), metric=st.booleans())
def test_whatever_is_not_refused_has_a_sample(tolerated: float, detect: float, power: float, metric: bool) -> None:
    asked = replace(GOOD, tolerated=tolerated, detect=detect, power=power, metric=METRIC if metric else None)
    if not refusals(asked):
        assert 1 <= sample(asked) <= 10_000


def test_an_analysis_survives_json() -> None:
    whole = replace(GOOD, metric=METRIC, shadow=SHADOW, alarms=("kpi",))
    assert Analysis.read(asdict(whole)) == whole
