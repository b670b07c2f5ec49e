"""One line for each resource that changes, and what changes of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.computed import COMPUTED
from takeoff.preview.previewed import Preview, Step

What = Literal["replace", "delete", "leave", "create", "update"]
# In this order they are told: what cannot be undone first.
ORDER: tuple[What, ...] = ("replace", "delete", "leave", "create", "update")
MARKS: Mapping[What, str] = {"replace": "±", "delete": "-", "leave": ".", "create": "+", "update": "~"}
_SHORT = 56
_SHOWN = 4
# A longer document is no diff that anybody reads, and takes difflib seconds.
_LONGEST = 600


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One changed value: where, and both sides."""

    path: str
    old: Any
    new: Any

    @property
    def long(self) -> bool:
        """Whether a line cannot hold it."""
        return max(len(_said(self.old)), len(_said(self.new))) > _SHORT

    def text(self) -> str:
        return self.path if self.long else f"{self.path} {_said(self.old)} → {_said(self.new)}"

    def diff(self) -> str:
        """Both sides as documents, line by line."""
        old, new = _document(self.old), _document(self.new)
        if max(len(old), len(new)) > _LONGEST:
            return f"a document of {len(old)} lines → one of {len(new)}"
        return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource. A replacement `gap`s when the old one goes before the new one is there."""

    what: What
    step: Step
    edits: tuple[Edit, ...] = ()
    gap: bool = False

    def text(self) -> str:
        """The line: type, name, and what changes."""
        said = [edit.text() for edit in self.edits[:_SHOWN]]
        more = len(self.edits) - len(said)
        said += [f"and {more} more"] if more > 0 else []
        because = f" because of {', '.join(self.step.replaces)}" if self.step.replaces else ""
        return f"{short(self.step.type)} {self.step.name}{because}" + (f": {', '.join(said)}" if said else "")

    def details(self) -> str:
        """Everything that does not fit into the line."""
        long = [f"{edit.path}\n{edit.diff()}" for edit in self.edits if edit.long]
        rest = [edit.text() for edit in self.edits[_SHOWN:] if not edit.long]
        return "\n".join([*rest, *long])


def changes(preview: Preview) -> list[Change]:
    """Every resource of a provider's that a deployment changes, what cannot be undone first, then as in the stream."""
    found: dict[str, Change] = {}
    went: set[str] = set()
    for step in preview.steps:
        what = _what(step)
        if step.op == "delete-replaced":
            went.add(step.urn)
        if what is None or not step.custom:
            continue
        earlier = found.get(step.urn)
        # Of a replacement's steps the one that knows both sides is kept.
        if earlier is None or (step.old is not None and step.new is not None and earlier.step.new is None):
            gap = what == "replace" and step.urn in went and step.op != "delete-replaced"
            found[step.urn] = Change(what=what, step=step, edits=tuple(_edits(step, what)), gap=gap)
    return sorted(found.values(), key=lambda change: ORDER.index(change.what))


def short(type_: str) -> str:
    """A type token as people say it: sagemaker.Endpoint for aws:sagemaker/endpoint:Endpoint."""
    package, _, rest = type_.partition(":")
    module, _, name = rest.partition(":")
    head = module.partition("/")[0]
    return f"{head}.{name}" if package in {"aws", "takeoff"} and name else type_


def _what(step: Step) -> What | None:
    if step.replaces_:
        return "replace"
    if step.deletes:
        return "leave" if step.retained else "delete"
    return "create" if step.creates else "update" if step.updates else None


def _edits(step: Step, what: What) -> Iterator[Edit]:
    if what not in {"update", "replace"} or step.old is None or step.new is None:
        return
    keys = [key.partition(".")[0].partition("[")[0] for key in step.diffs] or [*step.old, *step.new]
    for key in dict.fromkeys(keys):
        yield from _compare(key, step.old.get(key), step.new.get(key))


def _compare(path: str, old: Any, new: Any) -> Iterator[Edit]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _compare(f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for position, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _compare(f"{path}[{position}]", one, other)
    else:
        yield Edit(path=path, old=old, new=new)


def _said(value: Any) -> str:
    if value is None:
        return "none"
    if value == COMPUTED:
        return "known after"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _document(value: Any) -> list[str]:
    """A value as lines: JSON, in a string or not, with one entry a line."""
    if value is None:
        return []
    if not isinstance(value, str):
        return json.dumps(value, indent=2).splitlines()
    try:
        whole = json.loads(value) if value.lstrip().startswith(("{", "[")) else value
    except ValueError:
        whole = value
    return (whole if isinstance(whole, str) else json.dumps(whole, indent=2)).splitlines()
