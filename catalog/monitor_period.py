"""How often a model may be looked at: bounds that the stack file, the component and the alarms share."""

from __future__ import annotations

import re

MONTH = 30 * 86_400
# A job takes minutes to start, so a shorter window would end before the last one's job.
SHORTEST = 300
# "No result for two periods" has to fit into the seven days that an alarm looks back.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (EvaluationPeriods)
LONGEST = 3 * 86_400
# The largest chance of a false alarm in one window that model_code/drift/settings.py takes.
MOST_ALPHA = 0.2

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}


def seconds_of(schedule: str) -> int | None:
    """The seconds between two times of `rate(...)`; None for any other expression, which does not say.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
    """
    found = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)s?\)", schedule)
    return int(found[1]) * _UNITS[found[2]] if found else None
