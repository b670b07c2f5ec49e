"""How a program outside the cluster's network namespace talks to what listens inside it.

A socket belongs to the namespace in which it was opened, whoever holds it. So a thread inside opens the connection and
hands it out through a Unix socket in the cluster's folder, which only its owner can enter: nobody else has to move, a
program with threads included (Linux lets no such program into a user namespace), and no byte is copied on the way.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

_LOOPBACK = "127.0.0.1"
_PORT = struct.Struct("!H")


class Door:
    """Listens on a Unix socket and answers each port number with a connection to that port of this namespace."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        path.unlink(missing_ok=True)
        with _short(path) as name:
            # The folder is its owner's alone; the mask closes the moment before the socket has its mode, too.
            mask = os.umask(0o177)
            try:
                self._listener.bind(name)
            finally:
                os.umask(mask)
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            asking, _ = self._listener.accept()
            # A caller that says nothing must not keep the others out.
            asking.settimeout(5)
            with asking, contextlib.suppress(OSError):
                _answer(asking)


def connect(path: Path, port: int, timeout: float) -> socket.socket:
    """A connection to a port inside the namespace behind the door. Raises OSError, ConnectionError included."""
    with socket.socket(socket.AF_UNIX) as asking, _short(path) as name:
        asking.settimeout(timeout)
        asking.connect(name)
        asking.sendall(_PORT.pack(port))
        said, descriptors, _, _ = socket.recv_fds(asking, 256, 1)
    if not descriptors:
        raise ConnectionRefusedError(f"port {port} behind {path}: {said.decode(errors='replace') or 'no answer'}")
    opened = socket.socket(fileno=descriptors[0])
    opened.settimeout(timeout)
    return opened


def _answer(asking: socket.socket) -> None:
    (port,) = _PORT.unpack(asking.recv(_PORT.size))
    try:
        with socket.create_connection((_LOOPBACK, port), timeout=5) as opened:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            socket.send_fds(asking, [b"open"], [opened.fileno()])
    except OSError as error:
        asking.sendall(str(error).encode())


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of a file that fits into a socket's address (108 bytes), however deep its folder lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
