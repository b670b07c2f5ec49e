"""One warm process that runs one Lambda function's code, and AWS's words for each way in which it can fail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from local.cloud.processes import end_group, forget, remember

WORKER = Path(__file__).with_name("function_worker.py")


class Worker:
    """One process that serves one invocation at a time."""

    def __init__(self, key: str, folder: Path, environment: dict[str, str], output: Path, pids: Path) -> None:
        self.key, self._pids = key, pids
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, str(WORKER)],
                env=environment,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        self._stdin, self._stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        remember(pids, self._process.pid)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer, or AWS's error for a handler that took too long or ended the process."""
        late = threading.Event()
        alarm = threading.Timer(request["timeout"], self._overrun, [late])
        alarm.start()
        try:
            self._stdin.write(json.dumps(request) + "\n")
            self._stdin.flush()
            line = self._stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if line:
            return dict(json.loads(line))
        if late.is_set():
            now, seconds = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), request["timeout"]
            message = f"{now} {request['id']} Task timed out after {seconds:.2f} seconds"
            return {"error": {"errorMessage": message, "errorType": "Sandbox.Timedout"}, "log": message}
        message = f"RequestId: {request['id']} Error: Runtime exited with error: exit status {self._process.wait()}"
        return {"error": {"errorMessage": message, "errorType": "Runtime.ExitError"}, "log": message}

    def _overrun(self, late: threading.Event) -> None:
        late.set()
        self.end()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        end_group(self._process.pid, signal.SIGKILL)
        self._process.wait()
        forget(self._pids, self._process.pid)
