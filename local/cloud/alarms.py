"""CloudWatch alarms that evaluate: states from metrics and other alarms, their history, and the actions on a change."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from local.cloud.account import Account
from local.cloud.alarm_actions import announce
from local.cloud.alarm_history import describe, remember
from local.cloud.alarm_rules import ALARM, MARGIN, OK, UNKNOWN, breaches, evaluate, holds
from local.cloud.clock import Clock, period_start
from local.cloud.cloudwatch import Index, Query, Results
from local.cloud.metrics import Metrics
from local.state import ACCOUNT

log = logging.getLogger(__name__)
# moto's own backends of every region; their alarms carry an attribute of ours, `changed`: when the state last changed.
CLOUDWATCH: Any = cloudwatch_backends


class Alarms:
    """Every alarm of the account. AWS looks once a minute; we look six times, so that no state is long out of date."""

    def __init__(self, account: Account, metrics: Metrics, clock: Clock) -> None:
        self._account, self._metrics, self._clock = account, metrics, clock

    def install(self) -> None:
        """Gives moto's alarms AWS's states, their history, and SetAlarmState its actions."""
        backend: Any = CloudWatchBackend
        response: Any = CloudWatchResponse
        backend.put_metric_alarm = _keeping_state(backend.put_metric_alarm)
        set_plainly = backend.set_alarm_state

        def set_alarm_state(backend: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
            before = backend.alarms[alarm_name].state_value if alarm_name in backend.alarms else ""
            set_plainly(backend, alarm_name, reason, reason_data, state_value)
            alarm = backend.alarms[alarm_name]
            alarm.state_value = before
            self._change(backend, alarm, state_value, reason, json.loads(reason_data or "{}"))

        backend.set_alarm_state = set_alarm_state
        response.put_composite_alarm = response.put_metric_alarm
        response.describe_alarm_history = describe

    async def run(self) -> None:
        """Looks at every alarm again and again, until it is cancelled."""
        while True:
            await self._clock.sleep(10)
            await self._account.locked(self.evaluate)

    def evaluate(self) -> None:
        """Brings every alarm to the state that it should have. Call it with the account's lock held."""
        self._metrics.flush()
        for backend in list(CLOUDWATCH[ACCOUNT].values()):
            alarms = list(backend.alarms.values())
            plain = [alarm for alarm in alarms if alarm.rule is None]
            spans = [_span(alarm, self._clock) for alarm in plain]
            index = Index.of(backend.metric_data, self._clock.time() - max(spans, default=0.0)) if plain else Index()
            for alarm in plain:
                self._guarded(self._of_metrics, backend, alarm, index)
            for alarm in alarms:
                if alarm.rule is not None:
                    self._guarded(self._of_alarms, backend, alarm, index)

    def _guarded(self, work: Callable[[Any, Any, Index], None], backend: Any, alarm: Any, index: Index) -> None:
        try:
            work(backend, alarm, index)
        except Exception as error:
            # AWS's own word for an alarm that cannot be evaluated, too.
            reason = f"Unable to evaluate: {error}"
            if alarm.state_reason != reason:
                log.warning("alarm %s: %s", alarm.name, error)
                self._change(backend, alarm, UNKNOWN, reason, {})

    def _of_metrics(self, backend: Any, alarm: Any, index: Index) -> None:
        queries = _queries(alarm)
        shown = next(query for query in queries if query.shown)
        period, needed = self._clock.real(shown.period), int(alarm.evaluation_periods)
        to_alarm = int(alarm.datapoints_to_alarm or needed)
        # Only minutes that are over count: half a minute's sum would look like a drop.
        end = period_start(self._clock.time(), period)
        start = end - (needed + MARGIN) * period
        found = Results(queries, index, self._clock, start, end).series(shown.id)
        moments = [round((start + number * period) / period) for number in range(needed + MARGIN)]
        values = {round(moment / period): value for moment, value in found.items()}
        points = [values.get(moment) for moment in moments]
        flags = [None if p is None else breaches(p, alarm.comparison_operator, float(alarm.threshold)) for p in points]
        missing = alarm.treat_missing_data or "missing"
        state = evaluate(flags, needed, to_alarm, missing, alarm.state_value)
        real = [point for point in points if point is not None][-needed:]
        data = {"version": "1.0", "period": shown.period, "recentDatapoints": real, "threshold": float(alarm.threshold)}
        self._change(backend, alarm, state, _reason(alarm, state, real, needed, to_alarm, missing), data)

    def _of_alarms(self, backend: Any, alarm: Any, _: Index) -> None:
        states = {name: other.state_value for name, other in backend.alarms.items()}
        state = ALARM if holds(alarm.rule, states) else OK
        self._change(backend, alarm, state, f"{alarm.rule} is {'true' if state == ALARM else 'false'}", {})

    def _change(self, backend: Any, alarm: Any, state: str, reason: str, data: dict[str, Any]) -> None:
        if state == alarm.state_value:
            return
        before, now = alarm.state_value, self._clock.now()
        log.info("alarm %s: %s -> %s: %s", alarm.name, before, state, reason)
        alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, reason, json.dumps(data)
        alarm.state_updated_timestamp = alarm.state_transitioned_timestamp = now.replace(tzinfo=None)
        summary = f"Alarm updated from {before} to {state}"
        changed = {"oldState": {"stateValue": before}, "newState": {"stateValue": state, "stateReason": reason}}
        remember(backend, alarm, "StateUpdate", summary, changed)
        for summary in announce(backend.region_name, alarm, before, now):
            remember(backend, alarm, "Action", summary, {})
        self._account.changed()


def _keeping_state(put: Callable[..., Any]) -> Callable[..., Any]:
    """AWS: a new alarm knows nothing yet; one that is written again keeps its state."""

    def put_metric_alarm(backend: Any, *args: Any, **kwargs: Any) -> Any:
        before = backend.alarms.get(kwargs["name"])
        alarm = put(backend, *args, **kwargs)
        alarm.state_value = before.state_value if before else UNKNOWN
        if before:
            alarm.state_reason, alarm.state_updated_timestamp = before.state_reason, before.state_updated_timestamp
        alarm.alarm_rule = alarm.rule
        remember(
            backend, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {"updated" if before else "created"}', {}
        )
        return alarm

    return put_metric_alarm


def _queries(alarm: Any) -> list[Query]:
    if not alarm.metric_data_queries:
        dimensions = tuple(sorted((each.name, each.value) for each in alarm.dimensions))
        metric, statistic = (
            (alarm.namespace, alarm.metric_name, dimensions),
            alarm.statistic or alarm.extended_statistic,
        )
        return [Query(id="m", label="", period=float(alarm.period), metric=metric, statistic=statistic)]
    queries = [_query(each) for each in alarm.metric_data_queries]
    period = max((query.period for query in queries if query.metric), default=60.0)
    return [query if query.metric else Query(**{**query.__dict__, "period": period}) for query in queries]


def _query(given: Any) -> Query:
    shown = given.return_data in (True, "true", None)
    if given.metric_stat is None:
        period = float(given.period or 60)
        return Query(id=given.id, label="", period=period, expression=given.expression, shown=shown)
    stat, metric = given.metric_stat, given.metric_stat.metric
    key = metric.namespace, metric.metric_name, tuple(sorted((each.name, each.value) for each in metric.dimensions))
    return Query(id=given.id, label="", period=float(stat.period), metric=key, statistic=stat.stat, shown=shown)


def _span(alarm: Any, clock: Clock) -> float:
    """How far back an alarm looks, in seconds of this machine."""
    period = max(query.period for query in _queries(alarm))
    return clock.real(period) * (int(alarm.evaluation_periods) + MARGIN + 1)


def _reason(alarm: Any, state: str, real: list[float], needed: int, to_alarm: int, missing: str) -> str:
    if state == UNKNOWN:
        return f"Insufficient Data: {needed} datapoints were unknown."
    if not real:
        treated = "Breaching" if missing == "breaching" else "NonBreaching"
        return f"Threshold Crossed: no datapoints were received for {needed} periods and were treated as [{treated}]."
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in alarm.comparison_operator.removesuffix("Threshold"))
    words = words.strip().removesuffix(" to").replace("or equal", "or equal to") + " the threshold"
    breaching = sum(breaches(each, alarm.comparison_operator, float(alarm.threshold)) for each in real)
    return (
        f"Threshold Crossed: {breaching} out of the last {len(real)} datapoints {real} were {words} "
        f"({float(alarm.threshold)}) (minimum {to_alarm} datapoint{'s' * (to_alarm > 1)} for OK -> ALARM transition)."
    )
