"""evidently or NannyML on a window, run by the benchmark in their own environment: seconds and what they call drifted.

python drift_peers.py TOOL BASELINE.npy WINDOW.npy, each array [columns, rows] of float32. It imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib import import_module
from typing import Any

import numpy as np

CHUNK = 5_000  # rows; NannyML's thresholds come from the spread between chunks of the baseline


def main(tool: str, baseline: str, window: str) -> None:
    """One tool on both; what is timed is what each calls calculating, and not its import nor NannyML's fit."""
    warnings.filterwarnings("ignore")
    then, now = (_frame(file) for file in (baseline, window))
    seconds, drifted = {"evidently": _evidently, "nannyml": _nannyml, "nannyml-one": _nannyml_one}[tool](then, now)
    print(json.dumps({"seconds": seconds, "drifted": sorted(drifted)}))


def _frame(file: str) -> Any:
    return import_module("pandas").DataFrame({f"f{at}": column for at, column in enumerate(np.load(file))})


def _evidently(then: Any, now: Any) -> tuple[float, list[str]]:
    """Its preset: Wasserstein's distance, above 0.1 standard deviations."""
    report, preset = import_module("evidently").Report, import_module("evidently.presets").DataDriftPreset
    began = time.perf_counter()
    found = report([preset()]).run(now, then).dict()
    took = time.perf_counter() - began
    columns = {name: name for name in now.columns}
    drifted = []
    for metric in found["metrics"]:
        said = str(metric.get("metric_name") or metric.get("metric_id"))
        name = next((column for column in columns if said.startswith(f"ValueDrift(column={column})")), None)
        if name is not None and float(metric["value"]) >= 0.1:
            drifted.append(name)
    return took, drifted


def _nannyml(then: Any, now: Any) -> tuple[float, list[str]]:
    """What our job computes: three distances a feature, missing values, and all features together."""
    tool = import_module("nannyml")
    names = list(now.columns)
    both = [
        calculator(column_names=names, chunk_size=CHUNK).fit(then)
        for calculator in (tool.MissingValuesCalculator, tool.DataReconstructionDriftCalculator)
    ]
    took, drifted = _univariate(then, now, ["jensen_shannon", "kolmogorov_smirnov", "wasserstein"])
    began = time.perf_counter()
    for calculator in both:
        calculator.calculate(now)
    return took + time.perf_counter() - began, drifted


def _nannyml_one(then: Any, now: Any) -> tuple[float, list[str]]:
    """Its default: Jensen and Shannon's distance alone."""
    return _univariate(then, now, ["jensen_shannon"])


def _univariate(then: Any, now: Any, methods: list[str]) -> tuple[float, list[str]]:
    names = list(now.columns)
    univariate = import_module("nannyml").UnivariateDriftCalculator
    made = univariate(column_names=names, continuous_methods=methods, chunk_size=CHUNK).fit(then)
    began = time.perf_counter()
    result = made.calculate(now)
    took = time.perf_counter() - began
    alerts = result.filter(period="analysis").to_df()
    # Drifted: most chunks are beyond the thresholds by every method.
    return took, [name for name in names if all(alerts[name, method, "alert"].mean() > 0.5 for method in methods)]


if __name__ == "__main__":
    main(*sys.argv[1:])
