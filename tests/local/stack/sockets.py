"""The sockets that the processes of one emulated account hold, as Linux lists them."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_LISTENING, _UNCONNECTED = "0A", "07"


@dataclass
class Seen:
    """Addresses on which our processes listened, addresses to which they were connected, and what they ran."""

    listening: set[str] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)

    def look(self, root: Path) -> None:
        """Add what the processes that know the folder `root` hold at this moment."""
        sockets = _sockets()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(root).encode() not in (process / "environ").read_bytes():
                    continue
                self.programs.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
                for link in (process / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        self._add(sockets.get(str(link.readlink())))

    def _add(self, found: tuple[str, str, str] | None) -> None:
        if found is None:
            return
        local, remote, state = found
        if state == _LISTENING:
            self.listening.add(local)
        elif state != _UNCONNECTED:
            self.connected.add(remote)


@contextmanager
def watched(root: Path) -> Iterator[Seen]:
    """What is seen from now until the end of the block, and once more at its end."""
    seen, stop = Seen(), threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            seen.look(root)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()
        seen.look(root)


def is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _sockets() -> dict[str, tuple[str, str, str]]:
    """socket:[inode] → (local address, remote address, state)."""
    found = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            found[f"socket:[{fields[9]}]"] = (_address(fields[1]), _address(fields[2]), fields[3])
    return found


def _address(text: str) -> str:
    """127.0.0.1 of "0100007F:1F90": words of four bytes, each in the machine's own order."""
    words = re.findall("." * 8, text.partition(":")[0])
    raw = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return str(ipaddress.ip_address(raw))
