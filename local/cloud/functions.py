"""Lambda without Docker: a warm worker process per function configuration runs the code of the function's zip."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import shutil
import sys
import tempfile
import threading
import uuid
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.exceptions import JsonRESTError

from local.cloud.account import Account
from local.cloud.function_process import Worker
from local.state import REGION, State

log = logging.getLogger(__name__)


class Functions:
    """Warm workers of every function, and the code they run."""

    def __init__(self, state: State, account: Account) -> None:
        self._state, self._account = state, account
        self.endpoint = ""
        self._idle: dict[str, list[Worker]] = {}
        self._lock = threading.Lock()
        self.invocations: dict[str, int] = {}
        self.errors: dict[str, int] = {}

    def install(self) -> None:
        """Puts ourselves in the place of moto's Docker."""
        functions = self

        def invoke(function: Any, body: str, headers: Any, answer: dict[str, str]) -> str | bytes:
            return functions.serve(function, body, headers, answer)

        moto: Any = LambdaFunction
        moto.invoke = invoke

    def serve(self, function: Any, body: Any, headers: Any, answer: dict[str, str]) -> bytes:
        """Answers the Invoke operation. The account's lock, held by the caller, is let go while the code runs."""
        event = _event(body)
        kind = headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            self.later(function, event)
            return b""
        with self._account.unlocked():
            result = self.call(function, event)
        if "error" in result:
            answer["x-amz-function-error"] = "Unhandled"
        answer["x-amz-log-result"] = base64.b64encode(result["log"].encode()[-4096:]).decode()
        answer["x-amz-executed-version"] = str(function.version)
        return json.dumps(result.get("error", result.get("result"))).encode()

    def later(self, function: Any, event: Any) -> None:
        """Runs an asynchronous invocation; its outcome is in its log."""
        threading.Thread(target=self.call, args=(function, event), daemon=True).start()

    def call(self, function: Any, event: Any) -> dict[str, Any]:
        """Runs the function's handler and writes its log. Must not be called with the account's lock held."""
        stream = datetime.now(UTC).strftime("%Y/%m/%d/[$LATEST]") + uuid.uuid4().hex
        request = {"id": str(uuid.uuid4()), "arn": function.function_arn, "stream": stream}
        request |= {"event": event, "timeout": float(function.timeout)}
        worker = self._worker(function)
        result = worker.ask(request)
        if worker.alive:
            with self._lock:
                self._idle.setdefault(function.function_name, []).append(worker)
        self._count(function, "error" in result)
        with self._account.lock:
            _write_log(function, request, result["log"])
        self._account.changed()
        return result

    def stop(self) -> None:
        with self._lock:
            workers = [worker for idle in self._idle.values() for worker in idle]
            self._idle.clear()
        for worker in workers:
            worker.end()

    def status(self) -> dict[str, Any]:
        with self._lock:
            return {
                name: {"invocations": count, "errors": self.errors.get(name, 0), "warm": len(self._idle.get(name, []))}
                for name, count in self.invocations.items()
            }

    def _count(self, function: Any, failed: bool) -> None:
        with self._lock:
            name = function.function_name
            self.invocations[name] = self.invocations.get(name, 0) + 1
            self.errors[name] = self.errors.get(name, 0) + failed

    def _worker(self, function: Any) -> Worker:
        folder = self._code(function)
        environment = self._environment(function, folder)
        key = hashlib.sha256(json.dumps([str(folder), environment], sort_keys=True).encode()).hexdigest()
        with self._lock:
            idle = self._idle.get(function.function_name, [])
            stale = [worker for worker in idle if worker.key != key]
            fresh = [worker for worker in idle if worker.key == key]
            self._idle[function.function_name] = fresh[:-1]
        for worker in stale:
            worker.end()
        if fresh:
            return fresh[-1]
        cloud = self._state.cloud
        output = cloud / "logs" / "functions" / f"{function.function_name}.log"
        return Worker(key, folder, environment, output, cloud / "pids")

    def _code(self, function: Any) -> Path:
        folder = self._state.cloud / "functions" / hashlib.sha256(function.code_bytes).hexdigest()
        if folder.is_dir():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        # ZipFile drops absolute paths and `..` by itself.
        zipfile.ZipFile(BytesIO(function.code_bytes)).extractall(unfinished)
        try:
            unfinished.replace(folder)
        except OSError:
            shutil.rmtree(unfinished)
        return folder

    def _environment(self, function: Any, folder: Path) -> dict[str, str]:
        return {
            "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
            "HOME": "/tmp",  # noqa: S108
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
            **function.environment_vars,
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(folder),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_REGION": function.region or REGION,
            "AWS_DEFAULT_REGION": function.region or REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "takeoff-local",
            "AWS_SECRET_ACCESS_KEY": "takeoff-local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def _event(body: Any) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise JsonRESTError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def _write_log(function: Any, request: dict[str, Any], text: str) -> None:
    logs, group, stream = function.logs_backend, function.logs_group_name, request["stream"]
    now = int(datetime.now(UTC).timestamp() * 1000)
    lines = [
        f"START RequestId: {request['id']} Version: $LATEST",
        *text.splitlines(),
        f"END RequestId: {request['id']}",
    ]
    logs.ensure_log_group(group)
    logs.create_log_stream(group, stream)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])
