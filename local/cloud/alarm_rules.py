"""When an alarm changes state: M out of N data points, what is missing, and rules over other alarms. Pure functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
# How many periods CloudWatch looks back for, beyond those that an alarm needs: five for three in AWS's own examples.
MARGIN = 2
FUNCTION = re.compile(r'\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|([^()\s"]+))\s*\)')


def breaches(value: float, comparison: str, threshold: float) -> bool:
    """Whether one data point is on the wrong side. Raises ValueError for a comparison that needs anomaly bands."""
    match comparison:
        case "GreaterThanThreshold":
            return value > threshold
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "LessThanThreshold":
            return value < threshold
        case "LessThanOrEqualToThreshold":
            return value <= threshold
    raise ValueError(
        f"ComparisonOperator {comparison}: the emulated account serves no anomaly detection (docs/limits.md)"
    )


def evaluate(points: Sequence[bool | None], needed: int, to_alarm: int, missing: str, state: str) -> str:
    """The state that an alarm goes to.

    `points` are the data points of the evaluation range, oldest first: breaching, not breaching, or None for missing;
    `needed` is Evaluation Periods, `to_alarm` Datapoints to Alarm, `missing` TreatMissingData, `state` the present one.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    real = [point for point in points if point is not None]
    # What is missing matters only as far as real points, older ones included, are too few.
    used, absent = real[-needed:], max(0, needed - len(real))
    breaching = sum(used)
    if breaching + (absent if missing == "breaching" else 0) >= to_alarm:
        return ALARM
    if not absent or missing in ("breaching", "notBreaching"):
        return OK
    if not real:
        return state if missing == "ignore" else UNKNOWN
    oldest = next(age for age, point in zip(range(len(points), 0, -1), points, strict=True) if point is not None)
    if all(used) and oldest >= to_alarm:
        # AWS's "premature alarm state": nothing but breaching points, and the first of them is old enough.
        return state if missing == "ignore" else ALARM
    return OK


def holds(rule: str, states: Mapping[str, str]) -> bool:
    """Whether a composite alarm's rule is true of the states of other alarms; an alarm that is gone has none.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    Raises ValueError for a rule that is none.
    """

    def state_is(match: re.Match[str]) -> str:
        name = (match[2] or match[3]).rpartition(":alarm:")[2]
        return str(states.get(name) == match[1])

    text = FUNCTION.sub(state_is, rule)
    for word in ("TRUE", "FALSE"):
        text = re.sub(rf"\b{word}\b", word.capitalize(), text)
    for word in ("AND", "OR", "NOT"):
        text = re.sub(rf"\b{word}\b", word.lower(), text)
    try:
        return _truth(ast.parse(" ".join(text.split()), mode="eval").body)
    except (SyntaxError, TypeError) as error:
        allowed = 'ALARM("name"), OK("name"), INSUFFICIENT_DATA("name"), TRUE, FALSE, AND, OR, NOT and brackets'
        raise ValueError(f"AlarmRule: got {rule!r}, allowed {allowed}") from error


def watched(rule: str) -> list[str]:
    """The names of the alarms that a rule asks for."""
    return [(quoted or bare).rpartition(":alarm:")[2] for _, quoted, bare in FUNCTION.findall(rule)]


def _truth(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=bool() as value):
            return value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _truth(operand)
        case ast.BoolOp(op=ast.And(), values=values):
            return not [each for each in values if not _truth(each)]
        case ast.BoolOp(op=ast.Or(), values=values):
            return bool([each for each in values if _truth(each)])
    raise TypeError(ast.unparse(node))
