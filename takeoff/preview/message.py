"""The engine's messages in one line that people read."""

from __future__ import annotations

import re

from takeoff.preview.changes import short

_URN = re.compile(r"\"?urn:pulumi:[^:\s]+::[^:\s]+::(\S+?)::([^\s\"']+)\"?")
# A report does not teach how to take the protection away that just worked.
_ADVICE = " To unprotect the resource,"


def plain(message: str, longest: int = 2_000) -> str:
    """A message in at most `longest` characters: resources by type and name, without advice to unprotect them."""
    text = " ".join(message.split()).partition(_ADVICE)[0].removeprefix("Preview failed: ")
    text = _URN.sub(lambda urn: f"{short(urn[1].rpartition('$')[2])} {urn[2]}", text)
    text = text.rstrip(".")
    return text if len(text) <= longest else f"{text[:longest]}…"
