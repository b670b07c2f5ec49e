"""Plays any of the cluster's six programs, as its own name says: answers health, and the API server's few paths.

With a file `broken-<name>` in its home it ends at once; `slow-<name>` makes it never get ready.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME, HOME = Path(sys.argv[0]).name, Path(os.environ["HOME"])
OPTIONS = {name.lstrip("-"): value for name, _, value in (each.partition("=") for each in sys.argv[1:])}
ESTABLISHED = {"type": "Established", "status": "True"}


def note(name: str, line: str) -> None:
    with (HOME / name).open("a") as notes:
        notes.write(f"{line}\n")


def count(name: str) -> int:
    return len((HOME / name).read_text().split()) if (HOME / name).exists() else 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/apis/apiextensions.k8s.io/v1":
            kind = {"name": "customresourcedefinitions", "kind": "CustomResourceDefinition", "namespaced": False}
            self.answer({"resources": [kind]})
        elif self.path.startswith("/apis/apiextensions"):
            # A kind is served a moment after it was defined.
            note("asked", "x")
            self.answer({"status": {"conditions": [ESTABLISHED] if count("asked") > 2 else None}})
        else:
            self.answer({"path": self.path})

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        note("applied", self.path)
        self.answer(json.loads(body))

    def answer(self, said: object) -> None:
        content = json.dumps(said).encode()
        self.send_response(503 if (HOME / f"slow-{NAME}").exists() else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def port() -> int:
    if NAME == "etcd":
        return int(OPTIONS["listen-client-urls"].rpartition(":")[2])
    if NAME == "karpenter":
        return int(os.environ["HEALTH_PROBE_PORT"])
    return int(OPTIONS.get("secure-port") or OPTIONS["server-address"].rpartition(":")[2])


def main() -> None:
    if (HOME / f"broken-{NAME}").exists():
        sys.exit("nothing works")
    server = ThreadingHTTPServer(("127.0.0.1", port()), Handler)
    if "tls-cert-file" in OPTIONS:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(OPTIONS["tls-cert-file"], OPTIONS["tls-private-key-file"])
        server.socket = context.wrap_socket(server.socket, server_side=True)

    def end(*_: object) -> None:
        note("ended", NAME)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    note("begun", NAME)
    note(f"{NAME}-saw", str(count("asked")))
    server.serve_forever()


main()
