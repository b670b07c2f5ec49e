"""What a resource says of itself beside the stack's default tags."""

from __future__ import annotations

from catalog.meter import PLATFORM


def model_tags(model: str | None, owner: str) -> dict[str, str]:
    """Whose a resource is: its model, or `platform` where all models share it, and who answers for it."""
    return {"takeoff:model": model or PLATFORM, "takeoff:owner": owner}
