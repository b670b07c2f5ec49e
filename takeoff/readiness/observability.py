"""Who learns that something is wrong, and what they find when they look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalog.computed import COMPUTED
from takeoff.preview.previewed import Step
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at, listed

_METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
_COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_LINK = re.compile(r"Runbook: https://\S+\.md")


def alarms(view: View) -> Found:
    """The live endpoint is watched by alarms that act; those on a new fleet alone do not count."""
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    watching = [alarm for alarm in view.mine(_METRIC) if _watches_endpoint(alarm)]
    acting = [alarm for alarm in watching if listed(at(alarm, "alarmActions"))]
    if not watching:
        return Found(False, "no alarm watches the endpoint")
    if not acting:
        return Found(False, "the alarms that watch the endpoint tell nobody")
    return Found(True, ", ".join(alarm.name for alarm in acting))


def service_level(view: View) -> Found:
    """A promise of availability, and alarms that speak when its error budget is spent too fast."""
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    acting = [alarm for alarm in view.mine(_COMPOSITE) if listed(at(alarm, "alarmActions"))]
    if not acting:
        return Found(False, "no burn-rate alarm tells anybody that the service level is at stake")
    return Found(True, ", ".join(alarm.name for alarm in acting))


def recipients(view: View) -> Found:
    """Every topic that the model's alarms write to has somebody who reads it."""
    acting = [alarm for kind in (_METRIC, _COMPOSITE) for alarm in view.mine(kind)]
    topics = {str(action) for alarm in acting for action in listed(at(alarm, "alarmActions"))}
    read = {str(at(each, "topic")) for each in view.all("aws:sns/topicSubscription:TopicSubscription")}
    if not topics:
        return Found(False, "no alarm of the model writes to a topic")
    if not read:
        return Found(False, "nobody has subscribed to the topics")
    if COMPUTED in topics | read:
        return Found(None, "which topics are read is known after the deployment")
    if unread := sorted(topic.rpartition(":")[2] for topic in topics - read):
        return Found(False, f"nobody reads {', '.join(unread)}")
    return Found(True, f"{', '.join(sorted(topic.rpartition(':')[2] for topic in topics))} are read")


def runbooks(view: View) -> Found:
    """Every alarm's text carries the address of the page that says what to do."""
    found = [alarm for kind in (_METRIC, _COMPOSITE) for alarm in view.mine(kind)]
    if not found:
        return Found(False, "no alarms, so no runbooks") if view.endpoint else Found(None, f"no alarms; {view.due}")
    bare = [alarm.name for alarm in found if not _LINK.search(str(at(alarm, "alarmDescription")))]
    if bare:
        return Found(False, f"no address of a runbook: {', '.join(bare)}")
    return Found(True, "every alarm names its page")


def dashboard(view: View) -> Found:
    """One page shows traffic, errors and latency."""
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    found = view.one("aws:cloudwatch/dashboard:Dashboard")
    return Found(True, str(at(found, "dashboardName"))) if found else Found(False, "none")


def batch(view: View) -> Found | None:
    """A scheduled run that fails tells somebody. Without a schedule there is nothing to watch."""
    if not view.entry.get("batch"):
        return None
    found = [
        alarm
        for alarm in view.mine(_METRIC)
        if at(alarm, "metricName") == "ExecutionsFailed" and listed(at(alarm, "alarmActions"))
    ]
    return Found(True, found[0].name) if found else Found(False, "a failed run tells nobody")


def _watches_endpoint(alarm: Step) -> bool:
    dimensions = [at(alarm, "dimensions") or {}]
    dimensions += [(query.get("metric") or {}).get("dimensions") or {} for query in listed(at(alarm, "metricQueries"))]
    return any("EndpointName" in each and "EndpointConfigName" not in each for each in dimensions)


def _alerts_lines(view: View) -> Mapping[str, Any]:
    """Who is named stays; the owner hears of whatever nobody would, and the address is the reader's to set."""
    there = view.block("alerts")
    alerts = {severity: list(there.get(severity) or [view.owner]) for severity in ("critical", "warning")}
    return {"takeoff:alerts": alerts | {"runbooks": there.get("runbooks", "https://example.com/takeoff/docs/runbooks")}}


def _objective_lines(view: View) -> Mapping[str, Any]:
    return view.for_model(objective={"availability": 99.9} | dict(view.entry.get("objective") or {}))


def _watched_lines(view: View) -> Mapping[str, Any]:
    return {**_alerts_lines(view), **_objective_lines(view)}


ROWS = (
    Row(name="alarms", group="Observability", look=alarms, lines=_watched_lines),
    Row(name="service level", group="Observability", look=service_level, lines=_watched_lines),
    Row(name="recipients", group="Observability", look=recipients, lines=_watched_lines),
    Row(name="runbooks", group="Observability", look=runbooks, lines=_watched_lines),
    Row(name="dashboard", group="Observability", look=dashboard, lines=_objective_lines),
    Row(name="batch watched", group="Observability", look=batch, lines=_alerts_lines),
)
