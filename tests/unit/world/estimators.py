"""Plain estimators, written without the world's own code, that its truth is held against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def present(values: ArrayLike) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    return numbers[~np.isnan(numbers)]


def kolmogorov_smirnov(one: ArrayLike, other: ArrayLike) -> float:
    first, second = np.sort(present(one)), np.sort(present(other))
    points = np.concatenate([first, second])
    shares = [np.searchsorted(each, points, side="right") / len(each) for each in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def shares(values: ArrayLike) -> dict[str, float]:
    names, counts = np.unique(np.asarray(values), return_counts=True)
    return dict(zip(names.tolist(), (counts / counts.sum()).tolist(), strict=True))


def total_variation(one: ArrayLike, other: ArrayLike) -> float:
    first, second = shares(one), shares(other)
    return sum(abs(first.get(name, 0) - second.get(name, 0)) for name in {*first, *second}) / 2


def ranks(values: ArrayLike) -> Floats:
    order = np.asarray(values).argsort(kind="stable")
    placed = np.empty(len(order))
    placed[order] = np.arange(1, len(order) + 1)
    return placed


def auc(score: Floats, bad: NDArray[np.bool_]) -> float:
    """Mann and Whitney's statistic."""
    count = int(bad.sum())
    return float((ranks(score)[bad].sum() - count * (count + 1) / 2) / (count * (len(bad) - count)))


def auc_error(area: float, bad: int, good: int) -> float:
    """Its standard error: Hanley, McNeil (1982), Radiology 143(1), formula 2."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (bad - 1) * (q1 - area**2) + (good - 1) * (q2 - area**2)
    return float((variance / (bad * good)) ** 0.5)


def logistic(rows: Floats, bad: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coefficients of a logistic regression, intercept first, and their standard errors; by Newton's steps."""
    design = np.column_stack([np.ones(len(rows)), rows])
    beta = np.zeros(design.shape[1])
    for _ in range(8):
        p = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (bad - p))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def z(found: float, truth: float, error: float) -> float:
    return (found - truth) / error


def agree(scores: Iterable[float]) -> None:
    """Standard scores of 20 seeds are what chance makes of a right truth: not too far from 0, and not too near.

    The bounds hold a chi-square of 20 degrees of freedom with probability 0.998, and a mean with 0.999.
    """
    found = np.array([*scores])
    assert len(found) == 20
    squares = float((found**2).sum())
    assert 5.92 < squares < 45.3, f"sum of squared standard scores is {squares:.1f}"
    assert abs(float(found.mean())) * 20**0.5 < 3.29, f"mean standard score is {found.mean():.2f}"
