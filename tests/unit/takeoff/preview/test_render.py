"""One report in three forms; nothing in a name means anything, and a comment always fits."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from takeoff.preview import render_html, render_markdown, render_terminal
from takeoff.preview.document import Line, Report, Section, Table, Verdict
from takeoff.preview.report import build
from takeoff.preview.verdict import Environment
from tests.unit.takeoff.preview.events import Events

TOPIC = "aws:sns/topic:Topic"
NASTY = "x|y <img src=a onerror=b> `z` @octocat #12 **b** [l](u) $m$ <!-- c -->"


def report(*sections: Section, notes: tuple[str, ...] = (), reasons: tuple[str, ...] = ()) -> Report:
    return Report(stack="prod", verdict=Verdict(text="prod: READY", reasons=reasons), notes=notes, sections=sections)


def huge(count: int = 1000) -> Report:
    events = Events(config={"takeoff:models": {}})
    for number in range(count):
        old, new = (json.dumps({f"k{line}{side}": "v" * 80 for line in range(200)}) for side in "ab")
        events.update(TOPIC, f"topic-{number}", {"policy": old}, {"policy": new})
        events.delete(TOPIC, f"gone-{number}-{'ü' * 40}", {})
        events.policy(f"sns-{number}-x", f"SNS.{number} {NASTY * 5}")
    return build(events.preview("failed"), Environment())


def test_a_comment_begins_with_the_marker_by_which_it_is_found() -> None:
    text = render_markdown.render(report())
    assert text.splitlines()[0] == "<!-- takeoff preview: prod -->" == render_markdown.marker("prod")
    assert "### ✅ prod: READY" in text
    assert "### ⛔" in render_markdown.render(report(reasons=("x",)))


@pytest.mark.parametrize("limit", [render_markdown.LIMIT, 20_000])
def test_a_comment_on_a_thousand_changes_with_huge_documents_fits(limit: int) -> None:
    text = render_markdown.render(huge(), limit)
    assert limit * 0.5 < len(text.encode()) <= limit
    assert len(render_markdown.render(huge())) < 60_000


def test_what_is_left_out_is_counted_and_said_where_to_see() -> None:
    text = render_markdown.render(huge())
    kept = text.count("`~` sns.Topic")
    assert re.search(r"\*[\d,]+ more left out here: `takeoff preview --stack prod --all` shows them", text)
    assert "**Replaced or destroyed**: 1000 destroyed" in text, "every section keeps its summary"
    assert "<b>Changes</b>: 2000 resources" in text
    assert kept < 1000


def test_lower_sections_shrink_first() -> None:
    lines = tuple(Line(text=f"line {number} " + "x" * 90) for number in range(100))
    text = render_markdown.render(
        report(Section(title="A", summary="a", lines=lines), Section(title="B", summary="b", lines=lines)), 14_000
    )
    first, second = text.split("**B**")
    assert "left out" not in first
    assert first.count("- line") == 100
    assert 0 < second.count("- line") < 100


def test_documents_go_before_lines() -> None:
    lines = tuple(Line(text=f"line {number}", details="d" * 3000) for number in range(100))
    text = render_markdown.render(report(Section(title="A", summary="a", lines=lines)), 10_000)
    assert text.count("- line") == 100
    assert 0 < text.count("what changes") < 100


def test_folds_are_closed_whatever_is_left_out() -> None:
    for found in (huge(), huge(30)):
        text = render_markdown.render(found)
        assert text.count("<details>") == text.count("</details>") > 0
        assert text.count("```") % 2 == 0
    assert text.count("<summary>what changes</summary>") > 2


def test_names_mean_nothing_in_markdown() -> None:
    text = render_markdown.render(
        report(
            Section(
                title="A", summary=NASTY, lines=(Line(text=NASTY),), tables=(Table(headings=("h",), rows=((NASTY,),)),)
            ),
            notes=(NASTY,),
        )
    )
    body = text.partition("\n")[2]
    assert "<img" not in body
    assert "<!--" not in body
    assert "@octocat" not in body
    assert "#12 " not in body
    assert "**b**" not in body
    row = next(line for line in body.splitlines() if line.startswith("| x"))
    assert row.count("|") == 2, "a pipe in a name makes no column"


def test_a_fence_in_a_document_does_not_end_the_fence() -> None:
    text = render_markdown.render(
        report(Section(title="A", summary="a", lines=(Line(text="t", details="a\n````\nb"),)))
    )
    assert text.count("  `````") == 2


def test_a_line_break_in_a_name_makes_no_line() -> None:
    text = render_markdown.render(report(Section(title="A", summary="a", lines=(Line(text="a\n- b"),))))
    assert "- a - b" in text


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def seen(text: str) -> _Seen:
    parser = _Seen()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_the_page_is_one_file_without_scripts_or_anything_from_elsewhere() -> None:
    found = seen(text := render_html.render(huge(50)))
    assert not {"script", "link", "img", "iframe"} & found.tags
    assert not {"src", "href", "onerror"} & found.attributes
    assert "http" not in text
    assert "prefers-color-scheme: dark" in text


def test_names_mean_nothing_in_html_and_bars_show_shares() -> None:
    table = Table(headings=("model", "usd"), rows=((NASTY, "1"), ("b", "2")), bars=(0.5, 1.0))
    text = render_html.render(
        report(Section(title=NASTY, summary=NASTY, lines=(Line(text=NASTY, details=NASTY),), tables=(table,)))
    )
    assert "img" not in seen(text).tags
    assert "width:50.0%" in text


def printed(found: Report, *, everything: bool = False) -> str:
    out = io.StringIO()
    render_terminal.render(found, Console(file=out, width=200), everything=everything)
    return out.getvalue()


def test_the_terminal_shows_the_verdict_first_and_folded_sections_as_a_line() -> None:
    folded = Section(
        title="Changes", summary="1 resource", lines=(Line(text="secret line", details="deep"),), folded=True
    )
    text = printed(report(folded, notes=("mind this",)))
    assert text.splitlines()[:2] == ["prod: READY", "note: mind this"]
    assert "Changes: 1 resource" in text
    assert "secret line" not in text
    assert "--all" in text
    everything = printed(report(folded), everything=True)
    assert "secret line" in everything
    assert "deep" in everything


def test_square_brackets_are_no_style_of_the_terminals() -> None:
    text = printed(report(Section(title="[red]A", summary="[/]", lines=(Line(text="rules[0] [bold]x"),))))
    assert "[red]A: [/]" in text
    assert "rules[0] [bold]x" in text
