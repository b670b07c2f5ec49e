"""Runs one Lambda function's real code: a request per line on standard input, an answer per line on standard output."""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO


class Context:
    """The context object that AWS hands to a handler."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id = request["id"]
        self.invoked_function_arn = request["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = request["stream"]
        self._deadline = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class Tee(io.StringIO):
    """Keeps what the handler prints for CloudWatch Logs and passes it on to the log file."""

    def write(self, text: str) -> int:
        sys.__stderr__.write(text)  # type: ignore[union-attr]
        return super().write(text)


def failure(error: BaseException) -> dict[str, Any]:
    """An exception as AWS reports it."""
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__)[1:],
    }


def load(handler: str) -> Any:
    module, _, name = handler.replace("/", ".").rpartition(".")
    return getattr(importlib.import_module(module), name)


def answer(request: dict[str, Any], handlers: dict[str, Any]) -> dict[str, Any]:
    """Calls the handler; importing it belongs to the first request, as AWS's cold start does."""
    output = Tee()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            name = os.environ["_HANDLER"]
            handler = handlers.get(name) or handlers.setdefault(name, load(name))
            result = {"result": json.loads(json.dumps(handler(request["event"], Context(request))))}
        except BaseException as error:
            traceback.print_exc()
            result = {"error": failure(error)}
    return result | {"log": output.getvalue()}


def main(requests: TextIO, answers: TextIO) -> None:
    """Serves until standard input closes, which also happens when the daemon dies."""
    repository = str(Path(__file__).resolve().parents[2])
    # The editable install and this folder are on the path; on AWS a function has its zip and the runtime, no more.
    sys.path[:] = [
        os.environ["LAMBDA_TASK_ROOT"],
        *(p for p in sys.path if p not in (repository, str(Path(__file__).parent))),
    ]
    handlers: dict[str, Any] = {}
    for line in requests:
        answers.write(json.dumps(answer(json.loads(line), handlers)) + "\n")
        answers.flush()


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w")
    # Whatever prints past Python's sys.stdout must not end up among the answers.
    os.dup2(2, 1)
    main(sys.stdin, channel)
