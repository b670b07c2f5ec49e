"""States of alarms against AWS's own tables of missing data, and rules over other alarms."""

from __future__ import annotations

import pytest

from local.cloud.alarm_rules import breaches, evaluate, holds, watched

KEEP = "as it was"
MISSING = ("missing", "ignore", "breaching", "notBreaching")
# Rows of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: the data points,
# Datapoints to Alarm of 3, and the state for each way to treat what is missing.
ROWS = [
    ("0-X-X", 3, ("OK", "OK", "OK", "OK")),
    ("0----", 3, ("OK", "OK", "OK", "OK")),
    ("-----", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
    ("0XX-X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("--X--", 3, ("ALARM", KEEP, "ALARM", "OK")),
    ("0-X-X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("00X0X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0-X--", 2, ("OK", "OK", "ALARM", "OK")),
    ("----0", 2, ("OK", "OK", "ALARM", "OK")),
    ("---X-", 2, ("ALARM", KEEP, "ALARM", "OK")),
    # From the text below the tables: too early to tell.
    ("----X", 3, ("OK", "OK", "ALARM", "OK")),
    ("---X-", 3, ("OK", "OK", "ALARM", "OK")),
]


@pytest.mark.parametrize(("points", "to_alarm", "states"), ROWS)
@pytest.mark.parametrize("before", ["OK", "ALARM"])
def test_missing_data_is_treated_as_in_aws_s_tables(
    points: str, to_alarm: int, states: tuple[str, ...], before: str
) -> None:
    seen = [{"0": False, "X": True, "-": None}[point] for point in points]
    found = [evaluate(seen, 3, to_alarm, missing, before) for missing in MISSING]
    assert found == [before if state is KEEP else state for state in states]


@pytest.mark.parametrize(
    ("comparison", "at", "above"),
    [
        ("GreaterThanThreshold", False, True),
        ("GreaterThanOrEqualToThreshold", True, True),
        ("LessThanThreshold", False, False),
        ("LessThanOrEqualToThreshold", True, False),
    ],
)
def test_a_threshold_is_met_or_crossed_as_its_operator_says(comparison: str, at: bool, above: bool) -> None:
    assert (breaches(5.0, comparison, 5.0), breaches(6.0, comparison, 5.0)) == (at, above)


def test_anomaly_detection_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"GreaterThanUpperThreshold.*docs/limits\.md"):
        breaches(1.0, "GreaterThanUpperThreshold", 1.0)


@pytest.mark.parametrize(
    ("rule", "true"),
    [
        ('ALARM("a b")', True),
        ("ALARM(quiet)", False),
        ("OK(quiet) AND NOT ALARM(quiet)", True),
        ('ALARM("quiet") OR (ALARM("a b") AND INSUFFICIENT_DATA("new"))', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:new)", False),
        ("NOT ALARM(gone)", True),
        ("TRUE AND\n FALSE", False),
    ],
)
def test_a_composite_alarm_follows_its_rule(rule: str, true: bool) -> None:
    assert holds(rule, {"a b": "ALARM", "quiet": "OK", "new": "INSUFFICIENT_DATA"}) is true


@pytest.mark.parametrize("rule", ["", "ALARM(", "AT_LEAST(1, ALARM, (a))", "__import__('os')", "1"])
def test_a_rule_that_is_none_is_refused_with_what_is_allowed(rule: str) -> None:
    with pytest.raises(ValueError, match=r"AlarmRule: got .*allowed ALARM"):
        holds(rule, {})


def test_a_rule_names_the_alarms_that_it_watches() -> None:
    assert watched('ALARM("a b") OR NOT OK(arn:aws:cloudwatch:us-east-1:123456789012:alarm:c)') == ["a b", "c"]
