"""The job's report as JSON: what the state machine, the command line and people read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from model_code.monitor.settings import Settings
from model_code.monitor.verdict import Verdict
from model_code.monitor.window import Window


def to_json(settings: Settings, verdict: Verdict, window: Window) -> str:
    """The report. `alarmed` has the metrics by name, `features` the inputs that have a part in a drift."""
    counts, leaning = window.counts, verdict.attribution
    document: dict[str, Any] = {
        "model": settings.model,
        "stack": settings.stack,
        "endpoint": settings.endpoint,
        "version": settings.version,
        "window": {"start": settings.start.isoformat(), "end": settings.end.isoformat()},
        "alarmed": verdict.alarmed,
        "features": verdict.inputs.moved if verdict.inputs else [],
        "faulty": verdict.faulty,
        "findings": [asdict(one) for one in verdict.lines],
        "captures": asdict(counts),
        "outcomes": {"joined": window.outcomes, "wrong": window.wrong},
        "inputs": verdict.inputs and json.loads(verdict.inputs.to_json()),
        "predictions": verdict.predictions and json.loads(verdict.predictions.to_json()),
        "concept": {"tolerated": verdict.tolerated, "curve": [list(one) for one in verdict.state.concept.curve]},
        "bias": {"gaps": list(verdict.gaps), "windows": verdict.state.block.windows},
        "attribution": leaning and asdict(leaning),
        "kpis": [asdict(one) for one in verdict.kpis],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
