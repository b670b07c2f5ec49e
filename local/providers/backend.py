"""Whose stacks a local provider serves."""

from __future__ import annotations

import os

from local.state import NotLocalError, State


def require_emulated(state: State, provider: str) -> None:
    """Raises NotLocalError unless Pulumi's backend is the state's own and marked as emulated."""
    got, wanted = os.environ.get("PULUMI_BACKEND_URL", ""), f"file://{state.backend}"
    if got.rstrip("/") != wanted:
        raise NotLocalError(
            f"this {provider} provider serves the local stack only: PULUMI_BACKEND_URL is {got!r}, allowed {wanted!r}; "
            "run it through `make up` or `make shell`, or install the official plugin for other stacks"
        )
    if not state.marker.is_file():
        raise NotLocalError(f"the backend {state.backend} is not marked as emulated: {state.marker} is missing")
