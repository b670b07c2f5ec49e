"""What goes into a model, and what is kept of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at


def data_gate(_: View) -> Found:
    """Nothing checks the data that a version is trained on, and no key of this blueprint's version adds it."""
    return Found(False, "no data-quality gate: this version of the blueprint has no key for one yet")


def capture(view: View) -> Found:
    """Requests and answers are kept, for later checks of drift and accuracy."""
    if view.config is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    percent = at(view.config, "dataCaptureConfig.initialSamplingPercentage")
    if not at(view.config, "dataCaptureConfig.enableCapture"):
        return Found(False, "nothing is kept of requests and answers")
    return Found(True, f"{percent} % of requests and answers are kept")


def _capture_lines(view: View) -> Mapping[str, Any]:
    return view.for_model(capture={"percent": 20, "days": 30})


ROWS = (
    Row(name="data gate", group="Data", look=data_gate),
    Row(name="capture", group="Data", look=capture, lines=_capture_lines),
)
