"""Statistics, percentiles and metric math over data points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum

from local.cloud.metric_data import series
from local.cloud.metric_math import Expression, MathError
from local.cloud.metrics import Statistic

M1, M2 = {0.0: 2.0, 60.0: 4.0, 180.0: 6.0}, {0.0: 4.0, 60.0: 0.0, 120.0: 8.0}
GRID = [0.0, 60.0, 120.0, 180.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("m1 / m2", {0.0: 0.5}),  # no point without both, nor where the divisor is zero
        ("100 * m1 / (m1 + 2)", {0.0: 50.0, 60.0: 400 / 6, 180.0: 75.0}),
        ("FILL(m1, 0)", {0.0: 2.0, 60.0: 4.0, 120.0: 0.0, 180.0: 6.0}),
        ("FILL(m2, REPEAT)", {0.0: 4.0, 60.0: 0.0, 120.0: 8.0, 180.0: 8.0}),
        ("FILL(none, 0)", dict.fromkeys(GRID, 0.0)),
        ("FILL(m1, m2)", {0.0: 2.0, 60.0: 4.0, 120.0: 8.0, 180.0: 6.0}),
        ("SUM(METRICS())", {0.0: 6.0, 60.0: 4.0, 120.0: 8.0, 180.0: 6.0}),
        ("SUM([m1, m2])", {0.0: 6.0, 60.0: 4.0, 120.0: 8.0, 180.0: 6.0}),
        ("MAX([m1, m2])", {0.0: 4.0, 60.0: 4.0, 120.0: 8.0, 180.0: 6.0}),
        ("SUM(FILL(METRICS(), 0)) * 1", {0.0: 6.0, 60.0: 4.0, 120.0: 8.0, 180.0: 6.0}),
        ("SUM(m1)", 12.0),
        ("m1 / PERIOD(m1)", {0.0: 2 / 60, 60.0: 4 / 60, 180.0: 6 / 60}),
        ("RATE(m2)", {60.0: -4 / 60, 120.0: 8 / 60}),
        ("IF(FILL(m2, 0) > 0, FILL(m1, 0) / FILL(m2, 1), 0)", {0.0: 0.5, 60.0: 0.0, 120.0: 0.0, 180.0: 0.0}),
        ("IF(m1 > 3, m1)", {60.0: 4.0, 180.0: 6.0}),
        ("IF(m1 > 3 AND m1 < 5, 1, 0)", {0.0: 0.0, 60.0: 1.0, 180.0: 0.0}),
        ("m1 > 5 || m1 < 3", {0.0: 1.0, 60.0: 0.0, 180.0: 1.0}),
        ("m1 ^ 2 - -1", {0.0: 5.0, 60.0: 17.0, 180.0: 37.0}),
        ("ABS(CEIL(m1 / 4 * -1))", {0.0: 0.0, 60.0: 1.0, 180.0: 1.0}),
    ],
)
def test_an_expression_comes_to_what_aws_says(text: str, value: Any) -> None:
    found = Expression({"m1": M1, "m2": M2, "none": {}}, [M1, M2], GRID, 60).value(text)
    assert found == pytest.approx(value)


@pytest.mark.parametrize("text", ["m9", "SEARCH('x', 'Sum')", "m1 +", "(lambda: 1)()", "FILL(1, 0)", "SUM('a')"])
def test_what_is_not_understood_is_said(text: str) -> None:
    with pytest.raises(MathError, match=r"Error in expression|not served|needs"):
        Expression({"m1": M1}, [M1], GRID, 60).value(text)


def at(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)


def test_statistics_are_of_each_period_and_of_values_and_statistic_sets_alike() -> None:
    data: list[Any] = [MetricDatum("n", "m", value, [], at(second)) for second, value in ((0, 1), (59, 3), (60, 9))]
    data.append(MetricAggregatedDatum("n", "m", 2.0, 4.0, 2, 6.0, [], at(70)))
    found = {name: series(data, name, 60, 0, 120) for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")}
    assert found == {
        "Sum": {0: 4, 60: 15},
        "Average": {0: 2, 60: 5},
        "Minimum": {0: 1, 60: 2},
        "Maximum": {0: 3, 60: 9},
        "SampleCount": {0: 2, 60: 3},
    }
    assert series(data, "Sum", 60, 60, 120) == {60: 15}
    with pytest.raises(ValueError, match="tm90"):
        series(data, "tm90", 60, 0, 120)


def test_percentiles_of_latencies_are_within_one_percent() -> None:
    # From a hundred microseconds to a minute, most of them small.
    draws = [100 * 600_000 ** ((number / 5000) ** 3) for number in range(5001)]
    statistic = Statistic(percentiles=True)
    for value in draws:
        statistic.add(value)
    datum: Any = MetricAggregatedDatum(
        "n", "m", statistic.least, statistic.most, statistic.count, statistic.total, [], at(0)
    )
    datum.buckets = dict(statistic.buckets)
    ordered = sorted(draws)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)):
        assert series([datum], name, 60, 0, 60)[0] == pytest.approx(ordered[int(share * len(ordered))], rel=0.015)
    assert series([datum], "p100", 60, 0, 60)[0] == ordered[-1]


def test_a_statistic_set_of_different_values_has_no_percentile_and_one_of_equal_values_has() -> None:
    different = MetricAggregatedDatum("n", "m", 1.0, 4.0, 2, 5.0, [], at(0))
    equal = MetricAggregatedDatum("n", "m", 4.0, 4.0, 2, 8.0, [], at(60))
    assert series([different, equal], "p50", 60, 0, 120) == {60: 4.0}


def test_a_percentile_rank_is_the_percentage_above_one_bound_and_up_to_the_other() -> None:
    data = [MetricDatum("n", "m", value, [], at(0)) for value in (100.0, 200.0, 300.0, 400.0)]
    ranks = {"PR(:200)": 50.0, "PR(100:300)": 50.0, "PR(400:)": 0.0, "PR(:400)": 100.0, "PR(:99.5)": 0.0}
    assert {name: series(data, name, 60, 0, 60)[0] for name in ranks} == ranks
    for wrong in ("PR(:)", "PR(200)", "PR(a:b)", "pr(:1)"):
        with pytest.raises(ValueError, match="not supported"):
            series(data, wrong, 60, 0, 60)


def test_ranks_of_latencies_count_whole_requests_at_a_bound_that_is_one_percent_off() -> None:
    statistic = Statistic(percentiles=True)
    for value in [*range(1_000, 2_000), *range(300_000, 300_100)]:
        statistic.add(float(value))
    datum: Any = MetricAggregatedDatum(
        "n", "m", statistic.least, statistic.most, statistic.count, statistic.total, [], at(0)
    )
    datum.buckets = dict(statistic.buckets)
    assert series([datum], "PR(:200000)", 60, 0, 60)[0] == pytest.approx(100 * 1000 / 1100)
    below = series([datum], "PR(:1500)", 60, 0, 60)[0] * 1100 / 100
    assert below == pytest.approx(round(below))
    assert 1_500 * 0.99 - 1_000 <= below <= 1_500 * 1.01 - 1_000 + 1
    assert series([datum], "PR(:300099)", 60, 0, 60)[0] == 100.0
    assert series([datum], "PR(:999)", 60, 0, 60)[0] == 0.0
