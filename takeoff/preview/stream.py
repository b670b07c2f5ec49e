"""The engine's event stream, one JSON object a line, as one value: what a previewed deployment would do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from takeoff.preview.previewed import STACK, Diagnostic, PolicyFinding, Preview, Step

# The key under which the engine marks a value that is more than JSON: a secret, a file, an archive.
SIGNATURE = "4dabf18193072939515e22adb298388d"


def parse(lines: Iterable[str]) -> Preview:
    """The preview that a stream of events describes, at about 10 µs an event.

    Kinds of events that it does not know are skipped. A line that is no JSON, and a stream without the engine's
    summary, make the preview incomplete; nothing is raised.
    """
    reader = _Reader()
    for line in lines:
        if line.strip():
            reader.read(line)
    return reader.preview()


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.policies: dict[PolicyFinding, None] = {}
        self.diagnostics: list[Diagnostic] = []
        self.config: Mapping[str, Any] = {}
        self.before: Mapping[str, Any] = {}
        self.outputs: Mapping[str, Any] = {}
        self.summary: Mapping[str, Any] | None = None
        self.whole = True

    def read(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            self.whole = False
            return
        if not isinstance(event, Mapping):
            self.whole = False
            return
        for kind, take in _KINDS.items():
            if isinstance(body := event.get(kind), Mapping):
                take(self, body)

    def preview(self) -> Preview:
        stack, project = next((_names(step.urn) for step in self.steps), ("", ""))
        said = self.summary.get("result", "succeeded") if self.summary else "succeeded"
        found = list(self.diagnostics)
        if said != "succeeded" and not any(each.severity == "error" for each in found):
            found.append(Diagnostic(severity="error", message=f"the engine says that the preview {said}"))
        return Preview(
            stack=stack,
            project=project,
            config=self.config,
            steps=tuple(self.steps),
            policies=tuple(self.policies),
            diagnostics=tuple(found),
            outputs_before=self.before,
            outputs=self.outputs,
            seconds=float((self.summary or {}).get("durationSeconds", 0)),
            packs=tuple(str(name).partition("|")[0] for name in (self.summary or {}).get("PolicyPacks") or ()),
            complete=self.whole and self.summary is not None,
        )

    def _prelude(self, body: Mapping[str, Any]) -> None:
        self.config = {key: _parsed(key, value) for key, value in (body.get("config") or {}).items()}

    def _resource(self, body: Mapping[str, Any]) -> None:
        step = _step(body.get("metadata") or {})
        if step is None:
            self.whole = False
            return
        self.steps.append(step)
        if step.type == STACK:
            self.before = _outputs(body["metadata"], "old")

    def _outputs_of(self, body: Mapping[str, Any]) -> None:
        metadata = body.get("metadata") or {}
        if metadata.get("type") == STACK and (found := _outputs(metadata, "new")):
            self.outputs = found

    def _policy(self, body: Mapping[str, Any]) -> None:
        finding = PolicyFinding(
            policy=str(body.get("policyName", "")),
            level=str(body.get("enforcementLevel", "mandatory")),
            urn=str(body.get("resourceUrn", "")),
            message=str(body.get("message", "")).strip(),
        )
        self.policies[finding] = None

    def _diagnostic(self, body: Mapping[str, Any]) -> None:
        if body.get("severity") in {"warning", "error"} and (message := str(body.get("message", "")).strip()):
            self.diagnostics.append(
                Diagnostic(severity=str(body["severity"]), message=message, urn=str(body.get("urn", "")))
            )

    def _summary(self, body: Mapping[str, Any]) -> None:
        self.summary = body


_KINDS = {
    "preludeEvent": _Reader._prelude,
    "resourcePreEvent": _Reader._resource,
    "resOutputsEvent": _Reader._outputs_of,
    "policyEvent": _Reader._policy,
    "diagnosticEvent": _Reader._diagnostic,
    "summaryEvent": _Reader._summary,
}


def _step(metadata: Mapping[str, Any]) -> Step | None:
    """The step of a resourcePreEvent; None when it lacks what every step has."""
    if not all(isinstance(metadata.get(key), str) for key in ("op", "urn", "type")):
        return None
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    now = new or old
    return Step(
        op=metadata["op"],
        urn=metadata["urn"],
        type=metadata["type"],
        name=metadata["urn"].rpartition("::")[2],
        parent=now.get("parent", ""),
        old=_inputs(old) if old else None,
        new=_inputs(new) if new else None,
        diffs=tuple(metadata.get("diffs") or ()),
        replaces=tuple(metadata.get("keys") or ()),
        protect=bool(now.get("protect")),
        was_protected=bool(old.get("protect")),
        retained=bool(now.get("retainOnDelete")),
        custom=bool(now.get("custom")),
    )


def _inputs(state: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs without the engine's own notes, and without what a secret hides."""
    return {key: _open(value) for key, value in (state.get("inputs") or {}).items() if key != "__defaults"}


def _open(value: Any) -> Any:
    if isinstance(value, dict):
        if SIGNATURE not in value:
            return {key: _open(each) for key, each in value.items()}
        # A file or an archive is marked, too, and says what it is made of by a hash; what says nothing is a secret.
        return f"content {str(value['hash'])[:12]}" if value.get("hash") else "[secret]"
    return [_open(each) for each in value] if isinstance(value, list) else value


def _outputs(metadata: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {key: _open(value) for key, value in ((metadata.get(side) or {}).get("outputs") or {}).items()}


def _parsed(key: str, value: Any) -> Any:
    """A key of ours as the object that its JSON is; any other, and what is no JSON, as it stands."""
    if not (key.startswith("takeoff:") and isinstance(value, str)):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _names(urn: str) -> tuple[str, str]:
    """Stack and project of urn:pulumi:STACK::PROJECT::TYPE::NAME."""
    stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
    return stack, rest.partition("::")[0]
