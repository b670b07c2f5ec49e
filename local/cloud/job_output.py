"""What a job's process prints: in a file at once, and a moment later in CloudWatch Logs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from moto.logs.models import logs_backends

from local.cloud.account import Account
from local.state import ACCOUNT

PAUSE = 0.25
# CloudWatch cuts an event at one megabyte.
LONGEST = 1_000_000


class Output:
    """The log of one host: a file that the process writes to, and a stream that follows it."""

    def __init__(self, account: Account, region: str, group: str, stream: str, file: Path) -> None:
        self.file = file
        self._account, self._region, self._group, self._stream = account, region, group, stream
        self._read, self._rest = 0, b""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")

    async def follow(self, ended: asyncio.Event) -> None:
        """Brings the stream up to date again and again until the process has ended, and once more then."""
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), PAUSE)
            await self._bring(last=ended.is_set())

    async def _bring(self, *, last: bool) -> None:
        """Puts the whole lines that were written since the last time into the stream; at last, what is left, too."""
        with self.file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        if last or len(self._rest) > LONGEST:
            lines, self._rest = [*lines, self._rest], b""
        if shown := [line.decode("utf-8", "replace") for line in lines if line.strip()]:
            await self._account.locked(lambda: self._put(shown))

    def tail(self) -> str:
        """The last line that says anything."""
        lines = self.file.read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _put(self, lines: Iterable[str]) -> None:
        logs = logs_backends[ACCOUNT][self._region]
        logs.ensure_log_group(self._group)
        if self._stream not in logs.groups[self._group].streams:
            logs.create_log_stream(self._group, self._stream)
        moment = int(datetime.now(UTC).timestamp() * 1000)
        events = [{"timestamp": moment, "message": line[:LONGEST]} for line in lines]
        logs.put_log_events(self._group, self._stream, events)
