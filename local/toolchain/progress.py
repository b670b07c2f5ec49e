"""What a person sees while something long runs."""

from __future__ import annotations

import time
from typing import TextIO

PLAIN_PERIOD = 15.0


class Progress:
    """Lines on a stream: `say` always prints; `tick` replaces itself on a terminal and is thinned out elsewhere."""

    def __init__(self, stream: TextIO, plain_period: float = PLAIN_PERIOD) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._period = plain_period
        self._next = time.monotonic() + plain_period

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")

    def tick(self, text: str) -> None:
        """Show where a long step is; call it as often as there is news."""
        if self._live:
            self._write(f"\r\x1b[K{text}")
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + self._period
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
