"""Where tables go."""

from __future__ import annotations

from rich.console import Console

# Logs of CI have no width of their own, and rich would take 80 columns and cut names.
_LOG_WIDTH = 140


_COLOURS = {"succeeded": "green", "failed": "red", "running": "yellow", "trying": "yellow", "none": "dim"}


def coloured(status: str) -> str:
    """A status of a rollout or a batch run, as a cell of a table."""
    return f"[{_COLOURS[status]}]{status}[/]"


def console() -> Console:
    """Standard output: as wide as the terminal, or as wide as a log can be read."""
    found = Console()
    return found if found.is_terminal else Console(width=max(found.width, _LOG_WIDTH))
