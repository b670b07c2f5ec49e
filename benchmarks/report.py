"""What a report takes once the engine is done: its events read, judged, and written in all three forms."""

from __future__ import annotations

import io
import json
import time

from rich.console import Console

from benchmarks.figure import Figure
from takeoff.preview import render_html, render_markdown, render_terminal
from takeoff.preview.report import build
from takeoff.preview.stream import parse
from takeoff.preview.verdict import Environment

CHANGED = 1_000


def measure(*, quick: bool) -> list[Figure]:
    """Seconds for the sample change of the prod stack, and for 1,000 changed resources with a long document each."""
    from tests.unit.takeoff.preview import events, sample

    rounds = 1 if quick else 5
    prod = sample.events().text()
    many = events.Events(config=sample.events().config)
    for number in range(CHANGED):
        old, new = (json.dumps({f"key {line}": f"{side}{line}" for line in range(100)}) for side in "ab")
        many.update("aws:iam/rolePolicy:RolePolicy", f"policy-{number}", {"policy": old}, {"policy": new})
    return [
        Figure(name="report on a change of the prod stack", unit="s", values=_seconds(prod, rounds), goal=1),
        Figure(name=f"report on {CHANGED} changed documents", unit="s", values=_seconds(many.text(), rounds), goal=1),
    ]


def _seconds(lines: list[str], rounds: int) -> list[float]:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        report = build(parse(lines), Environment())
        render_markdown.render(report)
        render_html.render(report)
        render_terminal.render(report, Console(file=io.StringIO(), width=140), everything=True)
        took.append(time.perf_counter() - began)
    return took
