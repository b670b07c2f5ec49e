"""One gate as a processing job: `python -m model_code.gates validate|evaluate|bias|compare|decide --model CODE …`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from model_code.artifact import ArtifactError
from model_code.contract import ModelSpec, load_spec
from model_code.dataset import Dataset
from model_code.errors import UnusableError
from model_code.gates import bias, compare, evaluate, validate
from model_code.gates.arguments import parse
from model_code.gates.conform import dataset
from model_code.gates.decide import decide
from model_code.gates.frame import Frame, read
from model_code.gates.holdout import held_out, keys
from model_code.gates.places import Places
from model_code.gates.report import GATES, Identity, Report
from model_code.gates.scoring import Answers, answers
from model_code.gates.summary import Summary
from model_code.paths import SettingError


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs one command: 0 the pipeline may go on, 1 it stops here and the report says why, 2 it cannot start."""
    places = Places.of(environment)
    try:
        given = parse(arguments)
        if given.command == "decide":
            return _decide(given, places)
        report = _report(given, load_spec(given.model), places)
    except (UnusableError, ArtifactError) as error:
        _say(places, f"takeoff: {error}")
        return 2
    where = places.write(f"report-{report.gate}.json", report.to_json())
    reasons = [*report.reasons("stop"), *report.reasons("ask")]
    print(json.dumps({"event": "gate", "gate": report.gate, "passed": report.passed, "report": str(where)}), flush=True)
    if reasons:
        _say(places, "\n".join(reasons))
    return 0 if report.passed else 1


def _report(given: argparse.Namespace, spec: ModelSpec, places: Places) -> Report:
    files = places.data()
    if given.command == "validate":
        return _validate(given, spec, files, places)
    frame = read(files)
    every = dataset(frame, spec.inputs)
    ids = frame.column(given.id) if given.id else None
    out = held_out(keys(every.values, ids))
    if not out.any():
        raise SettingError(f"none of the {len(out)} rows is held out: more rows are needed")
    data = Dataset(values=every.values[out], labels=every.labels[out], sha256=every.sha256)
    identity = Identity(data=given.data_version or frame.sha256, commit=given.commit)
    with tempfile.TemporaryDirectory() as folder:
        candidate = answers(places.model(), spec, data.values, Path(folder) / "candidate")
        identity = replace(identity, model=candidate.version)
        if given.command == "evaluate":
            return evaluate.evaluate(candidate, data.labels, spec.inputs, identity, given.criteria, seed=given.seed)
        if given.command == "bias":
            return _bias(given, spec, frame, out.tolist(), data, candidate, identity)
        if given.first:
            return compare.nothing_live(identity, len(data.labels))
        live = answers(places.live(), spec, data.values, Path(folder) / "live")
        identity = replace(identity, live=live.version)
        return compare.compare(
            candidate, live, data.labels, spec.inputs, identity, given.margins or {}, seed=given.seed
        )


def _validate(given: argparse.Namespace, spec: ModelSpec, files: Mapping[str, bytes], places: Places) -> Report:
    before = None if given.first else Summary.read(places.baseline(), spec.inputs)
    extra = [*given.extra, *([given.id] if given.id else [])]
    version = given.data_version or _digest(files)
    identity = Identity(data=version, commit=given.commit)
    report, summary = validate.validate(files, spec, identity, before, extra=extra)
    if summary:
        places.write("summary.json", summary.to_json())
    return report


def _bias(
    given: argparse.Namespace,
    spec: ModelSpec,
    frame: Frame,
    out: Sequence[bool],
    data: Dataset,
    candidate: Answers,
    identity: Identity,
) -> Report:
    columns = {
        one: [cell for cell, held in zip(frame.column(one.column), out, strict=True) if held] for one in given.group
    }
    return bias.bias(candidate, data.labels, spec.inputs.classes, given.favoured, columns, given.limits, identity)


def _decide(given: argparse.Namespace, places: Places) -> int:
    wrong = sorted(set(given.without) - set(GATES))
    if wrong:
        raise SettingError(f"--without: got {wrong[0]!r}, allowed: {', '.join(GATES)}")
    reports = [Report.read(text) for text in places.reports()]
    verdict = decide(reports, [gate for gate in GATES if gate not in given.without])
    text = json.dumps({**asdict(verdict), "passed": verdict.passed}, indent=1, sort_keys=True) + "\n"
    places.write("verdict.json", text)
    print(json.dumps({"event": "decided", "outcome": verdict.outcome}), flush=True)
    if verdict.reasons:
        _say(places, "\n".join(verdict.reasons))
    return 1 if verdict.outcome == "refuse" else 0


def _digest(files: Mapping[str, bytes]) -> str:
    # As a data set that cannot be read has to have a name in its report too.
    try:
        return read(files).sha256
    except UnusableError:
        return "unreadable"


def _say(places: Places, text: str) -> None:
    print(text, file=sys.stderr)
    with contextlib.suppress(OSError):  # the reason itself matters more than where it could be written
        places.message.write_text(text[:1024])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
