"""What measures, and what `make bench` knows of."""

from __future__ import annotations

import importlib
from pathlib import Path

from benchmarks.__main__ import BENCHMARKS
from local.state import REPOSITORY


def test_everything_that_measures_is_in_make_bench() -> None:
    modules = [importlib.import_module(f"benchmarks.{file.stem}") for file in _modules()]
    measures = {module.__name__: module.measure for module in modules if hasattr(module, "measure")}
    assert set(measures.values()) == set(BENCHMARKS.values()), sorted(measures)
    assert len(measures) == len(BENCHMARKS)


def _modules() -> list[Path]:
    """Those of this environment: the peers' scripts run in environments of their own."""
    others = {"__init__", "__main__", "mlflow_model", "drift_peers"}
    return [file for file in sorted((REPOSITORY / "benchmarks").glob("*.py")) if file.stem not in others]
