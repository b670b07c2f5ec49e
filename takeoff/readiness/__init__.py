"""Whether a model is ready for production: a checklist read from what its stack declares."""

from __future__ import annotations

from takeoff.preview.previewed import Preview
from takeoff.readiness import cost, data, governance, observability, release, security
from takeoff.readiness.check import GROUPS, Check, Found, Group, Readiness, Row
from takeoff.readiness.lines import render
from takeoff.readiness.view import View
from takeoff.stack import CommandError

__all__ = ["GROUPS", "ROWS", "Check", "Group", "Readiness", "readiness"]

ROWS: tuple[Row, ...] = tuple(
    row for module in (data, release, observability, security, cost, governance) for row in module.ROWS
)
_CUT = Found(None, "the preview was cut short: run it again")


def readiness(preview: Preview, model: str) -> Readiness:
    """A model's checklist, from the resources and outputs of a preview; pure.

    Of a preview that was cut short every answer is unknown, and a model in pods is not asked about an endpoint. Raises
    CommandError for a model that the stack lacks.
    """
    if model not in preview.models:
        known = ", ".join(preview.models) or "none"
        raise CommandError(f"model: got {model!r}; allowed: {known}; declared in stacks/Pulumi.{preview.stack}.yaml")
    view = View(preview=preview, model=model)
    asked = [row for row in ROWS if row.pods or not view.in_pods]
    answers = [(row, row.look(view) if preview.complete else _CUT) for row in asked]
    return Readiness(model=model, checks=tuple(_check(view, row, found) for row, found in answers if found))


def _check(view: View, row: Row, found: Found) -> Check:
    lines = render(row.lines(view)) if row.lines and found.done is False else ""
    return Check(name=row.name, group=row.group, done=found.done, detail=found.detail, lines=lines)
