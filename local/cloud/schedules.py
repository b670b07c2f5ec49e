"""Schedules that run: EventBridge Scheduler's, and rules with a schedule, on the data plane's clock."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from moto.events.models import events_backends
from moto.scheduler.models import Schedule, scheduler_backends

from local.cloud import events
from local.cloud.account import Account
from local.cloud.clock import Clock
from local.cloud.functions import Functions
from local.cloud.schedule_times import due
from local.state import ACCOUNT

log = logging.getLogger(__name__)
RULES: Any = events_backends
SCHEDULES: Any = scheduler_backends
MINUTE = timedelta(minutes=1)
# After a long pause of this machine, as many minutes are made good; a laptop that slept a week is not asked for all.
MOST_MISSED = 120


def install() -> None:
    """Lets an update that names no state leave a schedule enabled, which is AWS's default and not moto's.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
    """
    schedule: Any = Schedule
    update = schedule.update

    def updated(self: Any, *given: Any, **more: Any) -> None:
        update(self, *given, **more)
        self.state = self.state or "ENABLED"

    schedule.update = updated


class Schedules:
    """Starts the targets of whatever is due. What was due while the daemon was down is not made good."""

    def __init__(self, account: Account, functions: Functions, clock: Clock) -> None:
        self._account, self._functions, self._clock = account, functions, clock
        self._last = _minute(clock.emulated())
        self._since: dict[tuple[str, str], datetime] = {}

    async def run(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            await self._account.locked(self.look)
            await self._clock.sleep(10)

    def look(self) -> None:
        """Starts what fell due since the last look. Call it with the account's lock held."""
        now = _minute(self._clock.emulated())
        known = list(self._all())
        for arn, expression, zone, _ in known:
            self._since.setdefault((arn, expression), now.astimezone(zone))
        self._last = max(self._last, now - MOST_MISSED * MINUTE)
        while self._last < now:
            self._last += MINUTE
            for arn, expression, zone, start in known:
                try:
                    if due(expression, self._last.astimezone(zone), self._since[arn, expression]):
                        log.info("schedule %s is due", arn)
                        start(self._last)
                except Exception:
                    log.exception("schedule %s: %s", arn, expression)

    def _all(self) -> Iterator[tuple[str, str, ZoneInfo, Callable[[datetime], None]]]:
        for backend in list(SCHEDULES[ACCOUNT].values()):
            for group in backend.schedule_groups.values():
                for schedule in group.schedules.values():
                    if schedule.state == "ENABLED":
                        zone = ZoneInfo(schedule.schedule_expression_timezone)
                        yield schedule.arn, schedule.schedule_expression, zone, self._scheduled(schedule)
        for region, backend in list(RULES[ACCOUNT].items()):
            for rule in (rule for bus in backend.event_buses.values() for rule in bus.rules.values()):
                if rule.scheduled_expression and rule.state == "ENABLED":
                    yield rule.arn, rule.scheduled_expression, ZoneInfo("UTC"), self._ruled(rule, region)

    def _scheduled(self, schedule: Any) -> Callable[[datetime], None]:
        def start(moment: datetime) -> None:
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
            given = schedule.target.get("Input") or "{}"
            attributes = {"scheduled-time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "schedule-arn": schedule.arn}
            attributes |= {"execution-id": str(uuid.uuid4()), "attempt-number": "1"}
            for name, value in attributes.items():
                given = given.replace(f"<aws.scheduler.{name}>", value)
            self._deliver({"Arn": schedule.target["Arn"], "Input": given}, {})

        return start

    def _ruled(self, rule: Any, region: str) -> Callable[[datetime], None]:
        def start(moment: datetime) -> None:
            event = {"version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events"}
            event |= {"account": ACCOUNT, "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "region": region}
            for target in rule.targets:
                self._deliver(target, event | {"resources": [rule.arn], "detail": {}})

        return start

    def _deliver(self, target: dict[str, Any], event: dict[str, Any]) -> None:
        if not events.start(target, event, self._functions):
            log.error("target %s: not served (docs/limits.md)", target["Arn"])


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
