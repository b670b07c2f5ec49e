"""The tests' container: SageMaker's contract in the standard library, with faults on demand."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

MANY = "SAGEMAKER_MULTI_MODEL" in os.environ
VERSION = "many" if MANY else (Path(os.environ["SM_MODEL_DIR"]) / "version.txt").read_text()
# The models of a multi-model container by name: there is room for two.
LOADED = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.reply(200 if self.path == "/ping" and "NO_PING" not in os.environ else 503, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/models":
            return self.load(json.loads(body))
        version = VERSION
        if self.path.startswith("/models/"):
            name = self.path.split("/")[2]
            if name not in LOADED:
                return self.reply(404, b"not loaded")
            version = LOADED[name]
            if body == b"forget":
                LOADED.clear()
        command, _, argument = body.decode().partition(" ")
        if "SLOW" in os.environ:
            time.sleep(1)
        if "FAILS" in os.environ:
            return self.reply(500, b"this version fails")
        if command == "status":
            return self.reply(int(argument), b"asked to fail")
        if command == "exit":
            os._exit(3)
        if command == "sleep":
            time.sleep(float(argument))
        seen = {name.lower(): value for name, value in self.headers.items()}
        answer = {
            "version": version,
            "models": len(LOADED),
            "leaks": bool(find_spec("local")),
            "pid": os.getpid(),
            "body": body.decode(),
            "headers": seen,
        }
        return self.reply(200, json.dumps(answer | {"env": dict(os.environ)}).encode())

    def load(self, asked):
        if asked["model_name"] in LOADED:
            return self.reply(409, b"loaded already")
        if len(LOADED) == 2:
            return self.reply(507, b"no room")
        LOADED[asked["model_name"]] = (Path(asked["url"]) / "version.txt").read_text()
        return self.reply(200, b"{}")

    def do_DELETE(self):
        LOADED.pop(self.path.split("/")[2])
        self.reply(200, b"{}")

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"version={VERSION}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    if "BROKEN" in os.environ:
        sys.exit("cannot load the model: " + os.environ["BROKEN"])
    assert sys.argv[1:] == ["serve"]
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
