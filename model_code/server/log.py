"""Structured logs: one JSON object a line, gathered in memory and written a few times a second."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TextIO

_INTERVAL = 0.2  # seconds that a line may wait; a write per request would cost as much as the prediction


class Log:
    """Lines of JSON on one stream. `line` may wait a moment in memory, `event` is out when the call returns."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lines: list[str] = []

    def event(self, event: str, **fields: object) -> None:
        """Writes a rare event at once, after whatever waited."""
        self._lines.append(json.dumps({"event": event, "ts": round(time.time(), 3), **fields}))
        self.flush()

    def line(self, text: str) -> None:
        """Keeps a ready-made JSON line for the next write; needs a running event loop."""
        if not self._lines:
            asyncio.get_running_loop().call_later(_INTERVAL, self.flush)
        self._lines.append(text)

    def flush(self) -> None:
        """Writes what waits."""
        if self._lines:
            self._stream.write("\n".join(self._lines) + "\n")
            self._stream.flush()
            self._lines.clear()
