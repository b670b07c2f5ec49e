"""A server that answers SageMaker's contract, and what a request costs it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
START_SECONDS = 60


@dataclass
class Server:
    """One running server and what it was measured to do."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    cpu_us: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)

    def cpu(self) -> float:
        """CPU seconds, user and system, that the process has used, by the kernel's own clock of it."""
        if sys.platform == "linux":
            return time.clock_gettime((~self.process.pid << 3) | 2)  # clock_getcpuclockid(3), in nanoseconds
        text = subprocess.check_output(["ps", "-o", "cputime=", "-p", str(self.process.pid)], text=True)
        parts = [float(part) for part in text.strip().split(":")]
        return sum(part * 60**power for power, part in enumerate(reversed(parts)))

    def ask(self, body: bytes, requests: int) -> bytes:
        """Sends the request so many times over kept-alive connections, and returns the last answer's body."""
        head = "POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
        request = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        with contextlib.ExitStack() as stack:
            sockets = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self.port))) for _ in range(CONNECTIONS)
            ]
            for connection in sockets:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = b""
            for _ in range(-(-requests // CONNECTIONS)):
                for connection in sockets:
                    connection.sendall(request)
                for connection in sockets:
                    answer = _read_answer(connection)
        return answer

    def measure(self, body: bytes, requests: int) -> None:
        """Adds one round's figures."""
        rounded = -(-requests // CONNECTIONS) * CONNECTIONS
        cpu, wall = self.cpu(), time.perf_counter()
        self.ask(body, rounded)
        self.cpu_us.append((self.cpu() - cpu) / rounded * 1e6)
        self.per_second.append(rounded / (time.perf_counter() - wall))


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, listening; ended with the block."""
    try:
        _wait_for(server)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"{server.name} did not start listening within {START_SECONDS} s")


def _read_answer(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {data[:500]!r}")
    while len(body) < int(fields[b"content-length"]):
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise SystemExit("the server closed the connection")
    return data
