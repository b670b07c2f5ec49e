"""The tags that everything in a stack carries."""

from __future__ import annotations


def tags(stack: str) -> dict[str, str]:
    """Default tags: they reach every taggable resource through the provider."""
    return {"takeoff:stack": stack, "takeoff:managed-by": "pulumi"}
