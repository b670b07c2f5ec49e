"""Figures of a classifier on rows with known classes, each with its interval where it has one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from model_code.dataset import Labels
from model_code.gates.inference import Estimate, Floats, bootstrap, proportion, z_of

RESAMPLES = 2000
_BINS = 10
_SMALLEST = float(np.finfo(np.float64).eps)  # as scikit-learn clips, so that figures can be compared with training's


def right(probabilities: Floats, labels: Labels) -> NDArray[np.bool_]:
    """Whether the likeliest class is the true one, row by row."""
    return np.asarray(probabilities.argmax(axis=1) == labels)


def losses(probabilities: Floats, labels: Labels) -> Floats:
    """Minus the logarithm of the true class's probability, row by row."""
    return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], _SMALLEST, 1 - _SMALLEST))


def log_loss(probabilities: Floats, labels: Labels, seed: int) -> Estimate:
    """The mean loss, with the percentile bootstrap's 95 % interval."""
    each = losses(probabilities, labels)
    drawn = bootstrap(lambda counts: counts @ each / len(each), len(each), seed, RESAMPLES)
    low, high = np.quantile(drawn, (0.025, 0.975))
    value = float(each.mean())
    return Estimate(value, min(value, float(low)), max(value, float(high)), len(each))


class Areas:
    """The areas under a model's ROC curves, one class against the rest, for any weights of the rows."""

    def __init__(self, probabilities: Floats, labels: Labels) -> None:
        classes = range(1, 2) if probabilities.shape[1] == 2 else range(probabilities.shape[1])
        self._places = [np.unique(probabilities[:, label], return_inverse=True)[1] for label in classes]
        self._mine = [labels == label for label in classes]

    def of(self, weights: NDArray[np.int64]) -> Floats:
        """The area of each class, rows counted as often as their weight says; NaN for a class with or without all."""
        return np.array([_area(places, mine, weights) for places, mine in zip(self._places, self._mine, strict=True)])

    def same_order(self, other: Areas) -> bool:
        """Whether the other model puts the rows in the same order."""
        return all(np.array_equal(mine, theirs) for mine, theirs in zip(self._places, other._places, strict=True))


def areas(probabilities: Floats, labels: Labels) -> tuple[Estimate, ...]:
    """The area of each class (for two classes: of the second), with `area_interval`; every class needs a row."""
    values = Areas(probabilities, labels).of(np.ones(len(labels), dtype=np.int64))
    first = probabilities.shape[1] - len(values)
    return tuple(area_interval(float(v), int((labels == c).sum()), len(labels)) for c, v in enumerate(values, first))


def mean_area(each: tuple[Estimate, ...]) -> Estimate:
    """The classes' areas in the mean. Its limits are the means of theirs, which is as wide as it can be."""
    value, low, high = (float(np.mean([getattr(one, what) for one in each])) for what in ("value", "low", "high"))
    return Estimate(value, low, high, each[0].rows)


def area_interval(area: float, count: int, rows: int, level: float = 0.95) -> Estimate:
    """Newcombe's method 5, which has a width at an area of 1 too: 2006, https://doi.org/10.1002/sim.2324."""
    others, middle, z = rows - count, rows / 2 - 1, z_of(level)

    def far(guess: float) -> bool:
        spread = middle * (1 - guess) / (2 - guess) + middle * guess / (1 + guess)
        return abs(area - guess) > z * math.sqrt(max(0.0, guess * (1 - guess) * (1 + spread) / (count * others)))

    def edge(outside: float) -> float:
        inside = area
        for _ in range(60):
            guess = (inside + outside) / 2
            inside, outside = (inside, guess) if far(guess) else (guess, outside)
        return inside

    return Estimate(area, edge(0.0), edge(1.0), rows)


def calibration_error(probabilities: Floats, labels: Labels, seed: int) -> Estimate:
    """The expected calibration error of the likeliest class, ten bins of equally many rows.

    Guo and others 2017, https://arxiv.org/abs/1706.04599. The error is biased upward on few rows; the basic bootstrap
    interval (Davison and Hinkley 1997, 5.2) takes that off, so the value may lie above it.
    """
    sure = probabilities.max(axis=1)
    over = sure - right(probabilities, labels)
    bins = np.empty(len(sure), dtype=np.int64)
    for number, rows in enumerate(np.array_split(np.argsort(sure, kind="stable"), _BINS)):
        bins[rows] = number

    def error(counts: NDArray[np.int64]) -> Floats:
        return np.asarray(np.abs(np.bincount(bins, weights=over * counts, minlength=_BINS)).sum() / counts.sum())

    value = float(error(np.ones(len(sure), dtype=np.int64)))
    low, high = np.quantile(bootstrap(error, len(sure), seed, RESAMPLES), (0.025, 0.975))
    return Estimate(value, max(0.0, 2 * value - float(high)), max(0.0, 2 * value - float(low)), len(sure))


def recall(probabilities: Floats, labels: Labels, label: int) -> Estimate:
    """The share of a class's rows that are recognised; it needs a row."""
    mine = labels == label
    return proportion(int((mine & right(probabilities, labels)).sum()), int(mine.sum()))


def precision(probabilities: Floats, labels: Labels, label: int) -> Estimate | None:
    """The share of rows called this class that are of it; None if none is called so."""
    called = probabilities.argmax(axis=1) == label
    return proportion(int((called & (labels == label)).sum()), int(called.sum())) if called.any() else None


def _area(places: NDArray[np.int64], mine: NDArray[np.bool_], weights: NDArray[np.int64]) -> float:
    own = np.bincount(places, weights=weights * mine)
    others = np.bincount(places, weights=weights * ~mine)
    pairs = own.sum() * others.sum()
    return float((own * (np.cumsum(others) - others / 2)).sum() / pairs) if pairs else math.nan
