"""python -m model_code.container monitor: one window of captures beside the baseline, as a processing job.

Below TAKEOFF_PROCESSING_DIR (default /opt/ml/processing) it reads input/{settings,baseline,captures,outcomes,previous}
and writes output/{report.json,report.html,state.json}; metrics go to standard output.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from model_code.contract import ModelSpec, load_spec
from model_code.drift.errors import DriftError
from model_code.drift.profile import Profile
from model_code.errors import UnusableError
from model_code.gates.places import Places
from model_code.monitor import outcomes, report
from model_code.monitor.emf import emf_lines
from model_code.monitor.finding import Line, line
from model_code.monitor.outcomes import Form, Outcomes
from model_code.monitor.page import render
from model_code.monitor.settings import Settings
from model_code.monitor.state import State
from model_code.monitor.verdict import conclude
from model_code.monitor.window import Window, look
from model_code.paths import SettingError

Gathered = tuple[Window, Outcomes]


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Looks at one window: 0 done, whatever was found; 2 it cannot, and standard error and the message say why."""
    places = Places.of(environment)

    def gather(spec: ModelSpec, settings: Settings, baseline: Profile | None, before: State) -> Gathered:
        if arguments:
            raise SettingError(f"monitor takes no arguments, got {' '.join(arguments)}; its settings are in a file")
        arrived = outcomes.lines_of(sorted((places.root / "input/outcomes").rglob("*.jsonl")))
        truth = outcomes.read(arrived, Form.of(settings, spec.inputs.classes))
        return look(places.root / "input/captures", spec, settings, baseline, before, truth), truth

    return run(places, gather)


def run(places: Places, gather: Callable[[ModelSpec, Settings, Profile | None, State], Gathered]) -> int:
    """Judges one window, whose captures and outcomes `gather` reads: its settings, baseline and state lie in places."""
    try:
        settings = Settings.read(places.settings())
        spec = load_spec(settings.code)
        baseline, before, notes = _read(places.root, settings, spec)
        window, truth = gather(spec, settings, baseline, before)
        verdict = conclude(window, baseline, before, truth, settings, spec, notes)
    except UnusableError as error:
        places.say(f"takeoff: {error}")
        return 2
    places.write("state.json", verdict.state.to_json())
    places.write("report.json", report.to_json(settings, verdict, window))
    places.write("report.html", render(settings, verdict, window, baseline, before.answers))
    for text in emf_lines(settings, verdict.alarmed, window.tally, time.time()):
        print(text)
    sys.stdout.flush()
    return 0


def _read(root: Path, settings: Settings, spec: ModelSpec) -> tuple[Profile | None, State, list[Line]]:
    """Baseline and state, and what is wrong with them: neither keeps the rest of the window from being looked at."""
    notes: list[Line] = []
    baseline = None
    profile = root / "input/baseline/profile.json"
    if not profile.is_file():
        text = "there is no baseline (profile.json of the run that made the version): inputs are not compared"
        notes.append(line("inputs", "no-baseline", "note", text))
    else:
        try:
            baseline = Profile.from_json(profile.read_bytes()).inputs()
            if [sketch.feature for sketch in baseline.sketches.values()] != list(spec.inputs.features):
                got = ", ".join(baseline.sketches)
                raise DriftError(f"the baseline is of another schema: {got}; train again with the present spec.py")
        except DriftError as error:
            baseline = None
            notes.append(line("inputs", "unusable-baseline", "fault", str(error)))
    before = State(version=settings.version)
    state = root / "input/previous/state.json"
    if state.is_file():
        try:
            stored = State.from_json(state.read_bytes())
            before = stored if stored.version == settings.version else before
        except DriftError as error:
            notes.append(line("job", "unusable-state", "fault", f"{error}; everything sequential begins anew"))
    return baseline, before, notes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
