"""A monitor's alarms, judged as CloudWatch judges."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud.alarm_rules import ALARM, OK, evaluate
from tests.deployment import Deployment
from tests.unit.components.test_drift_monitor import alarm, declared


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared()


def _shape(found: dict[str, Any]) -> tuple[int, int, str]:
    return int(found["evaluationPeriods"]), int(found["datapointsToAlarm"]), found["treatMissingData"]


def test_a_result_stands_until_the_next_one(whole: Deployment) -> None:
    """Judged as CloudWatch judges: one value, then nothing for the rest of the hour, then the next one."""
    found = alarm(whole, "m-drift-inputs")
    shape = _shape(found)
    assert evaluate([None, None, True], *shape, OK) == ALARM
    assert evaluate([None, None, None], *shape, ALARM) == ALARM
    assert evaluate([None, None, None], *shape, OK) == OK
    assert evaluate([None, None, False], *shape, ALARM) == OK


def test_a_late_result_rings_nobody_and_two_missing_ones_do(whole: Deployment) -> None:
    found = alarm(whole, "m-drift-silent")
    shape = _shape(found)
    silent, seen = True, False  # of FILL(results,0) < 1
    assert evaluate([seen, seen, seen, silent], *shape, OK) == OK
    assert evaluate([seen, seen, silent, silent], *shape, OK) == ALARM
    assert evaluate([None, None, None, None], *shape, OK) == ALARM
