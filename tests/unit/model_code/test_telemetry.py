"""A model's code talks to its caller and to nobody else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Ends where onnxruntime would be loaded, so that even a failing run sends nothing.
PROGRAM = """
import os, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            print(os.environ.get("ORT_DISABLE_TELEMETRY"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Stop())
import {module}
import onnxruntime
"""


@pytest.mark.parametrize("module", ["model_code.server.predictor", "model_code.training", "takeoff.train"])
def test_onnxruntime_is_told_to_send_nothing_to_its_maker_before_it_loads(module: str) -> None:
    """Its wheels write an identifier into HOME and send events from the moment they are imported (its Privacy.md)."""
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", PROGRAM.format(module=module)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("1", "")
