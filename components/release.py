"""What a model's endpoint config is called, and why two releases never share a name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def next_release(content: str, previous: Desired | None) -> Release:
    """The same release while the content is the same, else the next generation."""
    if previous is None:
        return Release(content=content, generation=1)
    if previous.content == content:
        return Release(content=content, generation=previous.generation)
    return Release(content=content, generation=previous.generation + 1)
