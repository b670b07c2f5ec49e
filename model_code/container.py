"""A container's two commands, as SageMaker calls them: `python -m model_code.container serve | train`."""

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


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs one command for the model folder that TAKEOFF_MODEL_CODE names: 0 done, 1 it failed, 2 it cannot start."""
    if arguments not in (["serve"], ["train"]):
        return _fail(f"got {' '.join(arguments) or 'no command'}, allowed: serve or train", 2)
    code = environment.get("TAKEOFF_MODEL_CODE", "")
    try:
        if not code:
            raise SettingError("TAKEOFF_MODEL_CODE must name a folder of model_code/, such as breast_cancer")
        spec = load_spec(code)
        if arguments == ["train"]:
            _train(code, environment)
        else:
            # Training images and their tests need no server, servers no scikit-learn.
            from model_code.server.run import serve

            serve(spec, environment, PARENT)
    except UnusableError as error:
        return _fail(str(error), 2)
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
