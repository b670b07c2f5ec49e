"""Physical names: readable, lower case, and never cut without a hash of what was cut."""

from __future__ import annotations

import hashlib
import re

_HASH = 8


def physical_name(*parts: str, limit: int = 63) -> str:
    """Join parts with hyphens; a name longer than `limit` keeps its head and gains a hash of the whole.

    `limit` is in characters: 63 suits SageMaker, S3 and Lambda names (64 and above elsewhere).
    Raises ValueError for a part that AWS would refuse in most services.
    """
    name = "-".join(parts)
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name):
        raise ValueError(f"physical name: got {name!r}; allowed: lower-case letters, digits and inner hyphens")
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH]
    return f"{name[: limit - _HASH - 1].rstrip('-')}-{digest}"


def parameter_name(stack: str, model: str, leaf: str) -> str:
    """The SSM parameter that holds one fact about a model: /takeoff/<stack>/<model>/<leaf>."""
    return f"/takeoff/{stack}/{model}/{leaf}"
