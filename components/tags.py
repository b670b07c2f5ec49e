"""What a resource says of itself beside the stack's default tags."""

from __future__ import annotations


def model_tags(model: str | None, owner: str) -> dict[str, str]:
    """Whose a resource is: its model, where it belongs to one, and who answers for it."""
    return ({"takeoff:model": model} if model else {}) | {"takeoff:owner": owner}
