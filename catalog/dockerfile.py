"""What a Dockerfile says, one instruction at a time."""

from __future__ import annotations

import shlex
from collections.abc import Iterator


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction's word in capitals and its rest, with continued lines joined; comments are left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield word.upper(), rest.strip()


def copied(rest: str) -> tuple[list[str], str]:
    """Sources and target of a COPY; no source when it copies from another stage."""
    parts = shlex.split(rest)
    if any(part.startswith("--from=") for part in parts):
        return [], ""
    *sources, target = [part for part in parts if not part.startswith("--")]
    return sources, target
