"""What one look at a model leaves behind: its verdict, short enough for a parameter, and a sign of life."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalog.analysis import MODELS
from catalog.loop import MonitorSettings
from model_code.monitoring.window import Window, stamp

# Of a verdict; a parameter holds 4,096 characters in all.
_REASON, _FEATURES, _NAME = 1000, 10, 64


def empty(window: Window, version: str) -> dict[str, Any]:
    """A window in which nothing was captured: looked at, and nothing to say about drift."""
    return _of(window, version, "empty") | {"reason": "nothing was captured, and no outcome came for what had been"}


def failed(window: Window, version: str, reason: str) -> dict[str, Any]:
    """A window that could not be looked at."""
    # A character beyond ASCII takes six of the parameter's.
    return _of(window, version, "failed") | {"reason": reason.encode("ascii", "replace").decode()[:_REASON]}


def seen(window: Window, version: str, report: Mapping[str, Any], output: str) -> dict[str, Any]:
    """What the job's report comes to: which metrics it raised, and the features that drifted most."""
    raised = sorted(name for name, value in report["alarmed"].items() if value)
    features = [str(name)[:_NAME] for name in report.get("features", [])][:_FEATURES]
    # The version that was live when the job began, which may have been replaced meanwhile.
    verdict = _of(window, str(report.get("version") or version), "alarm" if raised else "quiet")
    return verdict | {"alarmed": raised, "features": features, "output": output}


def follows(verdict: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a verdict takes the place of the one before: not if it is of an older window, looked at again."""
    return str(verdict["start"]) >= str(before.get("start", ""))


def previous(before: Mapping[str, Any], window: Window, version: str) -> str:
    """The folder with the state that this window goes on from; empty where there is none, or only another version's.

    A sequential test begins anew with each version, and never takes in what comes after it.
    """
    state = before.get("state", {})
    fits = state.get("version") == version and state.get("start", "") < stamp(window.start)
    return str(state["output"]) if fits else ""


def with_state(verdict: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict with the last window's that left a state: its own, or else the one that was known before."""
    own = {name: verdict[name] for name in ("version", "start", "output")} if "output" in verdict else {}
    return verdict | {"state": own or before.get("state", {})}


def sign_of_life(settings: MonitorSettings, now: datetime) -> str:
    """A line in CloudWatch's embedded metric format that says the model was looked at.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    directive = {"Namespace": MODELS, "Dimensions": [["Stack", "Model"]], "Metrics": [{"Name": "Monitored"}]}
    told = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": told, "Stack": settings.stack, "Model": settings.model, "Monitored": 1})


def _of(window: Window, version: str, status: str) -> dict[str, Any]:
    return {**window.to_event(), "version": version, "status": status, "reason": "", "alarmed": []}
