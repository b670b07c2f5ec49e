"""The report as a comment on a pull request, never longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from takeoff.preview.document import About, Line, Report, Section, Table

# A comment may have 65,536 characters; bytes are counted here, and a margin is left for what a workflow adds.
# https://github.com/orgs/community/discussions/41331
LIMIT = 60_000
# One line of a report, and one document below it, at most; in characters of the source.
_LINE, _DOCUMENT = 600, 4_000
# Nobody reads a paragraph in bold.
_BOLD = 160
# What every section keeps for its heading, its fold and the line that says what was left out.
_FRAME = 400
_LANGUAGES: Mapping[About, str] = {"what changes": "diff", "what adds it": "yaml", "the others": "text"}
# Characters with a meaning in Markdown, HTML or GitHub's own additions (mathematics, references). As entities they are
# text wherever they stand. https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
_MEANING = frozenset("&<>|`*_[]~\\$")
# Entities do not stop mentions and references, which GitHub finds in the text: a character of no width does.
_REFERENCE = frozenset("@#")


def marker(stack: str) -> str:
    """The hidden first line, by which a workflow finds the comment that it edits in place."""
    return f"<!-- takeoff preview: {stack} -->"


def render(report: Report, limit: int = LIMIT) -> str:
    """The report as Markdown of at most `limit` bytes; lower sections shrink first, and say what they left out."""
    ready = report.verdict.ready
    head = [marker(report.stack), f"### {'✅' if ready else '⛔'} {_text(report.verdict.text, 2_000)}"]
    head += [f"> {_text(note)}" for note in report.notes]
    written = "\n\n".join(head)
    for position, section in enumerate(report.sections):
        later = _FRAME * (len(report.sections) - position - 1)
        written += "\n\n" + _section(section, limit - _bytes(written) - later - 2, report.stack)
    return written + "\n"


def _section(section: Section, room: int, stack: str) -> str:
    """One section in at most `room` bytes: all its lines before any document below one."""
    title, summary = _text(section.title), _text(section.summary, 200)
    if not section.lines and not section.tables:
        return f"**{title}**: {summary}"
    opening, closing = f"**{title}**: {summary}\n\n", ""
    if section.folded:
        opening = f"<details><summary><b>{title}</b>: {summary}</summary>\n\n"
        closing = "\n\n</details>"
    room -= _bytes(opening) + _bytes(closing) + _bytes(_left_out(10**6, stack))
    tables, room = _fit([_table(table) for table in section.tables], room, lambda table: table + "\n\n")
    lines, room = _fit([_line(line) for line in section.lines], room, lambda line: line + "\n")
    shown = []
    for line, source in zip(lines, section.lines, strict=False):
        details = _details(source)
        if details and _bytes(details) + 1 <= room:
            room -= _bytes(details) + 1
            line = f"{line}\n{details}"
        shown.append(line)
    left = len(section.lines) - len(lines) + len(section.tables) - len(tables)
    parts = [*tables, "\n".join(shown), *([_left_out(left, stack)] if left else [])]
    return opening + "\n\n".join(part for part in parts if part) + closing


def _fit(parts: Sequence[str], room: int, written: Callable[[str], str]) -> tuple[list[str], int]:
    """As many of the parts as there is room for, and the room that is left."""
    taken = []
    for part in parts:
        if (size := _bytes(written(part))) > room:
            break
        taken.append(part)
        room -= size
    return taken, room


def _left_out(count: int, stack: str) -> str:
    return (
        f"*{count:,} more left out here: `takeoff preview --stack {stack} --all` shows them, as does the HTML report.*"
    )


def _line(line: Line) -> str:
    mark = f"`{line.mark}` " if line.mark else ""
    text = _text(line.text)
    return f"- {mark}**{text}**" if line.tone == "bad" and len(line.text) <= _BOLD else f"- {mark}{text}"


def _details(line: Line) -> str:
    """A document, folded, inside its line; a fence that is longer than any in it."""
    if not line.details:
        return ""
    text = line.details if len(line.details) <= _DOCUMENT else line.details[:_DOCUMENT] + "\n… (cut here)"
    fence = "```"
    while fence in text:
        fence += "`"
    body = "\n".join(f"  {each}" for each in [f"{fence}{_LANGUAGES[line.about]}", *text.splitlines(), fence])
    return f"  <details><summary>{line.about}</summary>\n\n{body}\n\n  </details>\n"


def _table(table: Table) -> str:
    rows = [table.headings, tuple("---:" if position else "---" for position in range(len(table.headings)))]
    body = [[_text(cell, 120) for cell in row] for row in table.rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [*rows, *body])


def _text(text: str, longest: int = _LINE) -> str:
    """Plain text as Markdown: nothing in it has a meaning, mentions anybody or refers to anything."""
    flat = " ".join(text.split())
    cut = flat if len(flat) <= longest else flat[:longest] + "…"
    return "".join(
        f"&#{ord(each)};" if each in _MEANING else f"{each}&#8203;" if each in _REFERENCE else each for each in cut
    )


def _bytes(text: str) -> int:
    return len(text.encode())
