"""Two sketches of one feature compared: how far apart they are, and how likely chance alone is to do that.

The p-value is Pearson's, of one distribution behind both samples, over at most ten bins of the pooled rows: given the
pooled rows the bins are fixed, so which sample chose them does not matter. The population stability index (PSI) over
those bins is, without drift, a chi-square times (1/n + 1/m): Yurdakul and Naranjo, "Statistical Properties of the
Population Stability Index", Journal of Risk Model Validation 14 (2020). `psi_by_chance` is what it stays below with a
given probability, so a threshold that fits both sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model_code.drift.category import CategorySketch
from model_code.drift.errors import DriftError
from model_code.drift.numeric import NumericSketch
from model_code.drift.tails import chi_square, chi_square_above, kolmogorov

T = TypeVar("T")
Sketch = NumericSketch | CategorySketch
Numbers = NDArray[np.int64]

_BINS = 10
_EXPECTED = 10  # rows that every bin should expect in the smaller sample; chi-square's far tail fails below


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A p-value, the distances by name, and the chi-square's degrees of freedom (0: there was nothing to test)."""

    p: float
    distances: Mapping[str, float]
    degrees: int
    sizes: tuple[int, int]

    def psi_by_chance(self, probability: float) -> float:
        """The PSI that two samples of these sizes and one distribution exceed with this probability."""
        if not self.degrees:
            return 0.0
        return chi_square_above(probability, self.degrees) * (1 / self.sizes[0] + 1 / self.sizes[1])


def compare(baseline: Sketch, window: Sketch) -> Comparison:
    """The two distributions, missing and unusable values left out. Raises DriftError for sketches of two baselines.

    Numbers: PSI, the Kolmogorov-Smirnov distance `ks`, and the Wasserstein distance in the baseline's standard
    deviations; p is twice the smaller of Pearson's and Kolmogorov's. Labels: PSI and Pearson's
    p, the new ones as one label.
    """
    return by_kind(baseline, window, _numbers, _labels)


def by_kind(
    baseline: Sketch,
    window: Sketch,
    numbers: Callable[[NumericSketch, NumericSketch], T],
    labels: Callable[[CategorySketch, CategorySketch], T],
) -> T:
    """What the function for their kind says of two sketches. Raises DriftError for sketches of two baselines."""
    if isinstance(baseline, NumericSketch) and isinstance(window, NumericSketch):
        baseline.check(window)
        return numbers(baseline, window)
    if isinstance(baseline, CategorySketch) and isinstance(window, CategorySketch):
        baseline.check(window)
        return labels(baseline, window)
    raise DriftError(f"feature {baseline.feature.name}: the other profile has another schema for it")


def scale(sketch: NumericSketch) -> float:
    """The standard deviation of the middle 80 %, were it normal; where those are one value, the range; above 0."""
    middle = (sketch.quantile(0.9) - sketch.quantile(0.1)) / 2.563
    return middle if middle > 1e-6 * _range(sketch) else _range(sketch)


def _range(sketch: NumericSketch) -> float:
    low, high = sketch.lowest or 0.0, sketch.highest or 0.0
    return high - low or max(abs(low), 1.0)


def _numbers(baseline: NumericSketch, window: NumericSketch) -> Comparison:
    n, m = baseline.binned, window.binned
    if not n or not m:
        return Comparison(p=1.0, distances={"psi": 0.0, "ks": 0.0, "wasserstein": 0.0}, degrees=0, sizes=(n, m))
    gap = np.cumsum(window.counts[:-1]) / m - np.cumsum(baseline.counts[:-1]) / n
    ks = float(np.abs(gap).max())
    pearson, psi, degrees = _pearson(*_coarse(baseline.counts, window.counts))
    width = np.diff(baseline.edges.astype(np.float64))
    wasserstein = float(((np.abs(gap[:-1]) + np.abs(gap[1:])) / 2 * width).sum()) / scale(baseline)
    p = min(1.0, 2 * min(pearson, kolmogorov(ks, n, m)))
    distances = {"psi": psi, "ks": ks, "wasserstein": wasserstein}
    return Comparison(p=p, distances=distances, degrees=degrees, sizes=(n, m))


def _labels(baseline: CategorySketch, window: CategorySketch) -> Comparison:
    n, m = baseline.binned, window.binned
    if not n or not m:
        return Comparison(p=1.0, distances={"psi": 0.0}, degrees=0, sizes=(n, m))
    first, second = (np.array([*one.counts, one.new], dtype=np.int64) for one in (baseline, window))
    rare = (first + second) * min(n, m) < _EXPECTED * (n + m)
    together = [np.append(counts[~rare], counts[rare].sum()) for counts in (first, second)]
    p, psi, degrees = _pearson(*together)
    return Comparison(p=p, distances={"psi": psi}, degrees=degrees, sizes=(n, m))


def _coarse(first: Numbers, second: Numbers) -> tuple[Numbers, Numbers]:
    """Neighbouring fine bins joined into at most ten with about the same number of pooled rows."""
    n, m = int(first.sum()), int(second.sum())
    bins = max(1, min(_BINS, min(n, m) // _EXPECTED))
    pooled = first + second
    middle = np.cumsum(pooled) - pooled / 2
    begins = np.flatnonzero(np.diff((middle * bins / (n + m)).astype(np.int64), prepend=-1))
    return np.add.reduceat(first, begins), np.add.reduceat(second, begins)


def _pearson(first: Numbers, second: Numbers) -> tuple[float, float, int]:
    """Pearson's p-value of one distribution, the PSI, and the degrees of freedom."""
    pooled = first + second
    first, second, pooled = (counts[pooled > 0] for counts in (first, second, pooled))
    n, m, degrees = int(first.sum()), int(second.sum()), len(pooled) - 1
    if degrees < 1:
        return 1.0, 0.0, 0
    share = pooled / (n + m)
    statistic = float((((first - n * share) ** 2) / (n * share) + ((second - m * share) ** 2) / (m * share)).sum())
    # Half a row more in every bin: an empty one has no logarithm.
    p, q = ((counts + 0.5) / (counts.sum() + len(counts) / 2) for counts in (first, second))
    return chi_square(statistic, degrees), float(((q - p) * np.log(q / p)).sum()), degrees
