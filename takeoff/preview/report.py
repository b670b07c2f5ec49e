"""The report on a previewed deployment: verdict, what is lost, money, risks, policy, every change, readiness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from takeoff.preview import judgement, nodes, spending
from takeoff.preview.changes import MARKS, ORDER, Change, What, changes, short
from takeoff.preview.document import Line, Report, Section, Tone
from takeoff.preview.message import plain
from takeoff.preview.money import costs
from takeoff.preview.previewed import Preview
from takeoff.preview.risks import HOLDS, Risk, risks
from takeoff.preview.scaled import refused
from takeoff.preview.verdict import KEPT, Environment, failures, verdict
from takeoff.preview.wish import Wish, wishes
from takeoff.readiness import Readiness, readiness

# A document's difference is folded below its line; more of them than this nobody opens.
_WITH_DETAILS = 200
_FATES: Mapping[What, str] = {
    "replace": "replaced",
    "delete": "destroyed",
    "leave": "kept in the account, no longer managed",
}
_TONES: dict[str, Tone] = {"replace": "bad", "delete": "bad", "leave": "warn", "create": "good", "update": "plain"}


def build(preview: Preview, environment: Environment, notes: Sequence[str] = ()) -> Report:
    """The report; pure. It leaves out cost and readiness of a preview that failed or was cut: they would be wrong."""
    failed = failures(preview)
    whole = preview.complete and not failed
    changed, wished = changes(preview), wishes(preview)
    money = costs(preview) if whole else None
    found = [
        _failed(preview),
        _lost(changed),
        _traffic(wished),
        spending.section(money) if money else None,
        nodes.section(preview, money.difference.after.region) if money else None,
        _risks(risks(preview, changed, wished)),
        judgement.section(preview),
        judgement.rest(preview),
        _changes(preview, changed),
        _readiness([readiness(preview, model) for model in preview.models]) if whole else None,
        spending.split(money) if money else None,
        _warnings(preview),
    ]
    missing = (
        [] if whole else ["The preview did not come to its end: what follows is a part, without cost and readiness."]
    )
    return Report(
        stack=preview.stack,
        verdict=verdict(preview, changed, money, environment, refused(preview, wished)),
        notes=(*notes, *missing),
        sections=tuple(section for section in found if section),
    )


def _failed(preview: Preview) -> Section | None:
    lines = [Line(text=plain(each.message), mark="!", tone="bad") for each in failures(preview)]
    if not preview.complete:
        lines.append(Line(text="the stream of events was cut before the engine's summary", mark="!", tone="bad"))
    return Section(title="What failed", summary=f"{len(lines)}", lines=tuple(lines), tone="bad") if lines else None


def _lost(changed: Sequence[Change]) -> Section:
    gone = [change for change in changed if change.what in {"replace", "delete", "leave"}]
    # What holds data or serves comes before alarms and dashboards.
    gone.sort(key=lambda change: (change.what == "leave", change.step.type not in {*KEPT, *HOLDS}))
    counts = Counter(change.what for change in gone)
    if not gone:
        return Section(title="Replaced or destroyed", summary="nothing", tone="good")
    summary = ", ".join(f"{counts[what]} {_FATES[what]}" for what in ORDER if counts[what])
    lines = tuple(Line(text=_gone(change), mark=MARKS[change.what], tone=_TONES[change.what]) for change in gone)
    tone: Tone = "bad" if counts["replace"] + counts["delete"] else "warn"
    return Section(title="Replaced or destroyed", summary=summary, lines=lines, tone=tone)


def _gone(change: Change) -> str:
    name = f"{short(change.step.type)} {change.step.name}"
    because = f", because of {', '.join(change.step.replaces)}" if change.step.replaces else ""
    return f"{name}: {_FATES[change.what]}{because}" + (", protected" if change.step.was_protected else "")


def _traffic(wished: Sequence[Wish]) -> Section | None:
    lines = tuple(Line(text=f"{wish.model}: {wish.text()}", mark="→") for wish in wished)
    if not lines:
        return None
    models = f"{len(lines)} model{'' if len(lines) == 1 else 's'}"
    return Section(title="Traffic and versions", summary=models, lines=lines)


def _risks(found: Sequence[Risk]) -> Section:
    high = sum(risk.high for risk in found)
    lines = tuple(
        Line(text=f"{risk.kind}: {risk.resource} {risk.text}", mark="!" if risk.high else "·", tone=_tone(risk))
        for risk in found
    )
    summary = f"{len(found)} note{'' if len(found) == 1 else 's'}, {high} serious" if found else "none"
    return Section(title="Risks", summary=summary, lines=lines, tone="bad" if high else "warn" if found else "good")


def _tone(risk: Risk) -> Tone:
    return "bad" if risk.high else "plain" if risk.kind == "endpoint update" else "warn"


def _changes(preview: Preview, changed: Sequence[Change]) -> Section:
    lines = tuple(
        Line(
            text=change.text(),
            mark=MARKS[change.what],
            tone=_TONES[change.what],
            details=change.details() if position < _WITH_DETAILS else "",
        )
        for position, change in enumerate(changed)
    )
    same = len([step for step in preview.steps if step.custom and step.op == "same"])
    summary = f"{len(changed)} resource{'' if len(changed) == 1 else 's'}; {same} unchanged"
    return Section(title="Changes", summary=summary, lines=lines, folded=True)


def _readiness(found: Sequence[Readiness]) -> Section | None:
    if not found:
        return None
    lines = [line for each in found for line in _missing(each)]
    summary = ", ".join(f"{each.model} {each.score} %" for each in found)
    return Section(title="Readiness", summary=summary, lines=tuple(lines), folded=True)


def _missing(readiness: Readiness) -> Iterator[Line]:
    done = sum(check.done is True for check in readiness.checks)
    yield Line(text=f"{readiness.model}: {done} of {len(readiness.checks)} checks are done", mark="·")
    for check in readiness.checks:
        if check.done is not True:
            unknown = check.done is None
            text = f"{readiness.model}: {check.name}: {check.detail}"
            yield Line(
                text=text,
                mark="?" if unknown else "✗",
                tone="plain" if unknown else "warn",
                details=check.lines,
                about="what adds it",
            )


def _warnings(preview: Preview) -> Section | None:
    lines = tuple(
        Line(text=plain(each.message), mark="!", tone="warn")
        for each in preview.diagnostics
        if each.severity == "warning"
    )
    return Section(title="Warnings", summary=f"{len(lines)}", lines=lines, folded=True) if lines else None
