"""Records every address that a process connects to or looks up, and lets none but loopback pass.

Copied as `sitecustomize.py` into a folder on PYTHONPATH. TAKEOFF_AUDIT names the file to write to.
"""

import os
import sys
from pathlib import Path

_LOOPBACK = ("127.0.0.1", "::1", "localhost", None)
_SEEN = Path(os.environ["TAKEOFF_AUDIT"])


def _watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments
    else:
        return
    host = address[0] if isinstance(address, tuple) else "unix socket"
    with _SEEN.open("a") as file:
        file.write(f"{host}\n")
    if host not in (*_LOOPBACK, "unix socket"):
        raise PermissionError(f"{event} {host}: not loopback")


sys.addaudithook(_watch)
