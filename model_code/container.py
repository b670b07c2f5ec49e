"""A container's commands: `python -m model_code.container serve | train`, SageMaker's, `gate`, `monitor`, `fetch`."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Mapping

from model_code.contract import load_spec
from model_code.errors import UnusableError
from model_code.paths import Paths, SettingError

PARENT = os.getppid()  # read first: a parent that dies while we import must still be missed


USAGE = """\
python -m model_code.container COMMAND, for the model folder that TAKEOFF_MODEL_CODE names:

  serve          answer requests: SageMaker's GET /ping and POST /invocations
  train          the rows of SM_CHANNEL_TRAINING, else the carried ones, to SM_MODEL_DIR
  gate NAME ...  one gate between a data set and a registered version; `gate --help` lists them and their flags
  monitor ...    one window of captured requests beside the data that the model was trained on
  fetch          the artifact that TAKEOFF_ARTIFACT names to SM_MODEL_DIR of a pod; SageMaker does it by itself
"""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs one command for the model folder that TAKEOFF_MODEL_CODE names.

    0 done, 1 it failed or the pipeline has to stop, 2 it cannot start.
    """
    command, rest = (arguments or [""])[0], arguments[1:]
    if command in ("-h", "--help"):
        print(USAGE)
        return 0
    # Each command imports what it alone needs: training images need no server, servers no scikit-learn.
    match command:
        case "gate":
            from model_code.gates.__main__ import main as gate

            return gate(rest, environment)
        case "monitor":
            # By name, as every folder of model_code is: an image without the folder says so and nothing else breaks.
            return int(importlib.import_module("model_code.monitor.__main__").main(rest, environment))
        case "fetch" if not rest:
            return _fetch(environment)
        case "serve" | "train" if not rest:
            return _model(command, environment)
    return _fail(
        f"got {' '.join(arguments) or 'no command'}, allowed: serve, train, gate, monitor or fetch\n{USAGE}", 2
    )


def _model(command: str, environment: Mapping[str, str]) -> int:
    code = environment.get("TAKEOFF_MODEL_CODE", "")
    try:
        if not code:
            raise SettingError("TAKEOFF_MODEL_CODE must name a folder of model_code/, such as breast_cancer")
        spec = load_spec(code)
        if command == "train":
            _train(code, environment)
        else:
            from model_code.server.run import serve

            serve(spec, environment, PARENT)
    except UnusableError as error:
        return _fail(str(error), 2)
    return 0


def _fetch(environment: Mapping[str, str]) -> int:
    try:
        importlib.import_module("model_code.fetch.__main__").main(environment)
    except UnusableError as error:
        return _fail(str(error), 2)
    except OSError as error:  # the node's agent or S3: another try may do
        return _fail(str(error), 1)
    return 0


def _train(code: str, environment: Mapping[str, str]) -> None:
    try:
        importlib.import_module(f"model_code.{code}.train").train(environment)
    except Exception as error:
        with contextlib.suppress(OSError):  # the reason of the failure matters more than where it could be written
            Paths.of(environment).failure.write_text(f"{type(error).__name__}: {error}")
        raise


def _fail(message: str, status: int) -> int:
    print(f"takeoff: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
