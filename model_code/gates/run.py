"""One gate on its places: reads what it needs, writes its report, and says why where it stops."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from model_code.contract import ModelSpec, load_spec
from model_code.dataset import Dataset
from model_code.errors import UnusableError
from model_code.gates import bias, compare, evaluate, validate
from model_code.gates.baseline import baseline
from model_code.gates.conform import dataset
from model_code.gates.decide import decide
from model_code.gates.frame import Frame, read
from model_code.gates.holdout import held_out, identity_of, keys, rule
from model_code.gates.places import Places
from model_code.gates.report import GATES, Identity, Report
from model_code.gates.scoring import Answers, answers
from model_code.gates.settings import Settings
from model_code.gates.summary import Summary
from model_code.paths import SettingError


def run(command: str, settings: Settings, places: Places) -> int:
    """One of arguments.COMMANDS: 0 the pipeline may go on, 1 it stops here and the report says why.

    Raises UnusableError or ArtifactError where it cannot start.
    """
    if command == "decide":
        return _decide(settings, places)
    spec = load_spec(settings.model)
    report = _validate(settings, spec, places) if command == "validate" else _judge(command, settings, spec, places)
    where = places.write(f"report-{report.gate}.json", report.to_json())
    print(json.dumps({"event": "gate", "gate": report.gate, "passed": report.passed, "report": str(where)}), flush=True)
    if reasons := [*report.reasons("stop"), *report.reasons("ask")]:
        places.say("\n".join(reasons))
    return 0 if report.passed else 1


def _validate(settings: Settings, spec: ModelSpec, places: Places) -> Report:
    files = places.data()
    try:
        frame: Frame | None = read(files)
    except UnusableError:  # a data set that cannot be read has to have a name in its report too
        frame = None
    before = None if settings.first else places.baseline()
    version = settings.data_version or (frame.sha256 if frame else "unreadable")
    report, summary = validate.validate(
        files,
        spec,
        Identity(data=version, commit=settings.commit),
        None if before is None else Summary.read(before, spec.inputs),
        first=settings.first,
        extra=_extra(settings, spec, frame),
        drifted=settings.drifted,
    )
    if summary and frame:
        places.write("summary.json", summary.to_json())
        places.write("profile.json", baseline(_rows(settings, spec, frame), spec.inputs).to_json())
    return report


def _judge(command: str, settings: Settings, spec: ModelSpec, places: Places) -> Report:
    """The gates that need a candidate, on the held-out rows."""
    frame = read(places.data())
    every = _rows(settings, spec, frame)
    out = held_out(keys(every.values, every.ids))
    if not out.any():
        raise SettingError(f"none of the {len(out)} rows is held out: more rows are needed")
    data = every.part(out)
    split = rule(every.identity)
    identity = Identity(data=settings.data_version or frame.sha256, commit=settings.commit)
    with tempfile.TemporaryDirectory() as folder:
        candidate = answers(places.model(), spec, data.values, Path(folder) / "candidate", split)
        identity = replace(identity, model=candidate.version)
        if command == "evaluate":
            return evaluate.evaluate(
                candidate, data.labels, spec.inputs, identity, settings.criteria, seed=settings.seed
            )
        if command == "bias":
            return _bias(settings, spec, frame, out.tolist(), data, candidate, identity)
        archive = places.live()
        if settings.first:
            if archive is not None:
                raise SettingError(
                    f"{archive} is there, and the settings say that nothing is live: first must be false"
                )
            return compare.nothing_live(identity, len(data.labels))
        if archive is None:
            raise SettingError("input/live is `absent`, and the settings do not say that nothing is live (first)")
        live = answers(archive, spec, data.values, Path(folder) / "live", split)
        identity = replace(identity, live=live.version)
        return compare.compare(
            candidate, live, data.labels, spec.inputs, identity, settings.margins, seed=settings.seed
        )


def _bias(
    settings: Settings,
    spec: ModelSpec,
    frame: Frame,
    out: list[bool],
    data: Dataset,
    candidate: Answers,
    identity: Identity,
) -> Report:
    if not settings.groups:
        return bias.no_groups(candidate, identity)
    columns = {
        one: [cell for cell, held in zip(frame.column(one.column), out, strict=True) if held] for one in settings.groups
    }
    return bias.bias(candidate, data.labels, spec.inputs.classes, settings.favoured, columns, settings.limits, identity)


def _decide(settings: Settings, places: Places) -> int:
    wrong = sorted(set(settings.without) - set(GATES))
    if wrong:
        raise SettingError(f"--without: got {wrong[0]!r}, allowed: {', '.join(GATES)}")
    texts = places.reports()
    required = [gate for gate in GATES if gate not in settings.without]
    verdict = decide([Report.read(text) for text in texts], required, settings.approval)
    document = {"outcome": verdict.outcome, "reasons": verdict.reasons, **evaluate.figures(texts)}
    places.write("verdict.json", json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n")
    print(json.dumps({"event": "decided", "outcome": verdict.outcome}), flush=True)
    if verdict.reasons:
        places.say("\n".join(verdict.reasons))
    return 1 if verdict.outcome == "refuse" else 0


def _rows(settings: Settings, spec: ModelSpec, frame: Frame) -> Dataset:
    return dataset(frame, spec.inputs, identity_of(frame.header, spec.inputs, settings.id))


def _extra(settings: Settings, spec: ModelSpec, frame: Frame | None) -> list[str]:
    """The columns that the data may have beside the schema's: what is declared, in the settings or by being used."""
    known = {*spec.inputs.names, spec.inputs.target}
    given = [*settings.extra, *(one.column for one in settings.groups)]
    given.append(identity_of(frame.header, spec.inputs, settings.id) if frame else settings.id)
    return list(dict.fromkeys(name for name in given if name and name not in known))
