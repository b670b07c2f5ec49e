"""What a model's endpoint config is called, and why two releases never share a name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.candidates import Candidates
from catalog.desired import Desired

_DIGITS = 8


@dataclass(frozen=True, kw_only=True)
class Release:
    """One immutable combination of image, artifacts and instance types.

    `content` is a hash of what a config cannot change afterwards; traffic and counts are not in it. `generation` counts
    releases: a retained config of the same content would otherwise block the way back to it (docs/adr/0006).
    """

    content: str
    generation: int

    @property
    def suffix(self) -> str:
        """What config and model names end with: 0007-1a2b3c4d."""
        return f"{self.generation:04d}-{self.content}"


def content_of(immutable: Mapping[str, Any]) -> str:
    """Hash what a config is made of, from plain values that are known at preview."""
    canonical = json.dumps(immutable, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


def next_releases(contents: Iterable[str], previous: Desired | Candidates | None) -> list[Release]:
    """A release for each content: the same one where the last deployment had it, else the next generation.

    Give contents in an order that says nothing of which is live, or their generations would.
    """
    known = _generations(previous)
    newest, releases = max(known.values(), default=0), []
    for content in contents:
        if content not in known:
            newest += 1
        releases.append(Release(content=content, generation=known.get(content, newest)))
    return releases


def _generations(previous: Desired | Candidates | None) -> dict[str, int]:
    """Content → generation of what the last deployment declared."""
    if previous is None:
        return {}
    if isinstance(previous, Desired):
        return {previous.content: previous.generation}
    return {release.content: release.generation for release in previous.releases.values()}
