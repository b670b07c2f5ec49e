"""What goes into a model, what is kept of its answers, and who notices that it no longer fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog.analysis import MODELS
from catalog.computed import COMPUTED
from model_code.contract import ModelSpec, any_spec
from takeoff.preview.previewed import Step
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at, listed

_SCHEDULE = "aws:scheduler/schedule:Schedule"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def data_gate(view: View) -> Found | None:
    """A data set is checked before anything is trained on it, in the model's pipeline."""
    if not _trained(view):
        return None
    pipeline = view.one("aws:sagemaker/pipeline:Pipeline")
    if pipeline is None:
        return _no_pipeline(view)
    text = at(pipeline, "pipelineDefinition")
    if text == COMPUTED:
        return Found(None, "the pipeline's steps are known after the deployment")
    steps = {step["Name"]: step for step in json.loads(str(text))["Steps"]}
    if "Validate" not in steps.get("Train", {}).get("DependsOn", ()):
        return Found(False, "the pipeline trains on what nobody checked")
    return Found(True, "the pipeline validates a data set before it trains on it")


def retraining(view: View) -> Found | None:
    """An alarm or the clock starts the model's training pipeline, not a person alone."""
    if not _trained(view):
        return None
    if view.one("aws:sagemaker/pipeline:Pipeline") is None:
        return _no_pipeline(view)
    timed = any("cause" in _told(schedule) for schedule in view.mine(_SCHEDULE))
    rules = [rule for rule in view.mine("aws:cloudwatch/eventRule:EventRule") if _of_alarm(rule)]
    aimed = {at(target, "rule") for target in view.mine("aws:cloudwatch/eventTarget:EventTarget")}
    alarmed = any({at(rule, "name"), COMPUTED} & aimed for rule in rules)
    starts = [what for what, fine in (("an alarm", alarmed), ("a schedule", timed)) if fine]
    if starts:
        return Found(True, f"started by {' and '.join(starts)}")
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    return Found(False, "only a person starts it")


def drift(view: View) -> Found | None:
    """Somebody looks at what the model is asked and answers when it is due, and alarms on what is found act."""
    if not _trained(view):
        return None
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    due = [str(at(each, "scheduleExpression")) for each in view.mine(_SCHEDULE) if "scheduled" in _told(each)]
    if not due:
        return Found(False, "nobody looks whether the model still fits what it is asked")
    alarms = [alarm for alarm in view.mine(_ALARM) if at(alarm, "namespace") == MODELS]
    if not any(listed(at(alarm, "alarmActions")) for alarm in alarms):
        return Found(False, "what the monitor finds is told to nobody")
    return Found(True, f"{due[0]}, {len(alarms)} alarms")


def capture(view: View) -> Found:
    """Requests and answers are kept, for later checks of drift and accuracy."""
    if view.config is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    percent = at(view.config, "dataCaptureConfig.initialSamplingPercentage")
    if not at(view.config, "dataCaptureConfig.enableCapture"):
        return Found(False, "nothing is kept of requests and answers")
    return Found(True, f"{percent} % of requests and answers are kept")


def _trained(view: View) -> bool:
    """Whether this blueprint can train the model: one that generates text comes trained."""
    return isinstance(any_spec(str(view.entry["code"])), ModelSpec)


def _no_pipeline(view: View) -> Found:
    if view.entry.get("training") and view.endpoint is None:
        return Found(None, f"no pipeline yet; next: {view.due}")
    return Found(False, "no training pipeline")


def _told(schedule: Step) -> Mapping[str, Any]:
    """What a schedule hands to what it starts."""
    try:
        found = json.loads(str(at(schedule, "target.input")))
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _of_alarm(rule: Step) -> bool:
    """A pattern that names an alarm by what only a deployment knows is one on an alarm, too: no other is unknown."""
    pattern = str(at(rule, "eventPattern"))
    return pattern == COMPUTED or "CloudWatch Alarm State Change" in pattern


def _capture_lines(view: View) -> Mapping[str, Any]:
    return view.for_model(capture=dict(view.entry.get("capture") or {"percent": 20, "days": 30}))


def _training_lines(view: View) -> Mapping[str, Any]:
    """A pipeline registers versions and reads the lake; what the entry has of training stays."""
    kind = view.entry["variants"][0]["instanceType"]
    training = {"algorithm": "logistic-regression", "instanceType": kind, "schedule": "cron(0 4 1 * ? *)"}
    return {
        "takeoff:registry": dict(view.block("registry")),
        "takeoff:lake": dict(view.block("lake")),
        **view.for_model(training=training | dict(view.entry.get("training") or {})),
    }


def _drift_lines(view: View) -> Mapping[str, Any]:
    """A monitor looks at captures, beside the data set of the run that trained the model, and alarms tell somebody."""
    lines = dict(_training_lines(view))
    entry = lines["takeoff:models"][view.model] | _capture_lines(view)["takeoff:models"][view.model]
    monitor = {"schedule": "rate(1 day)", "instanceType": entry["training"]["instanceType"]}
    there = view.block("alerts")
    alerts = {"warning": list(there.get("warning") or [view.owner])}
    where = {"runbooks": there.get("runbooks", "https://example.com/takeoff/docs/runbooks")}
    return {
        **lines,
        **view.for_model(**entry, monitor=monitor | dict(view.entry.get("monitor") or {})),
        "takeoff:alerts": alerts | where,
    }


ROWS = (
    Row(name="data gate", group="Data", look=data_gate, lines=_training_lines),
    Row(name="capture", group="Data", look=capture, lines=_capture_lines),
    Row(name="retraining", group="Data", look=retraining, lines=_training_lines),
    Row(name="drift monitor", group="Data", look=drift, lines=_drift_lines),
)
