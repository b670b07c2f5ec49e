"""Hyperparameters chosen by cross-validation on the training rows; held-out rows have no say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_code.algorithms import Algorithm, Number
from model_code.dataset import Dataset

FOLDS = 3


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The settings of least log loss, and that loss: the mean over the folds, each on rows that its fit never saw."""

    settings: dict[str, Number]
    log_loss: float
    trials: int


def tune(
    algorithm: Algorithm,
    settings: Mapping[str, Number],
    fixed: frozenset[str],
    rows: Dataset,
    trials: int,
    fit: Callable[[Any, Dataset], Any],
) -> Tuned:
    """The best of `trials` settings: the given ones, then random ones of the algorithm's ranges, seeded by `seed`.

    What the caller set himself is `fixed`. The earliest wins a tie.
    """
    random = np.random.default_rng(int(settings["seed"]))
    folds = _folds(rows, random)
    tried = [dict(settings), *(_drawn(algorithm, settings, fixed, random) for _ in range(trials - 1))]
    losses = [_loss(algorithm, one, rows, folds, fit) for one in tried]
    best = min(range(trials), key=losses.__getitem__)
    return Tuned(settings=tried[best], log_loss=losses[best], trials=trials)


def _folds(rows: Dataset, random: np.random.Generator) -> Any:
    """Each row's fold; each fold has its share of each class."""
    folds = np.empty(len(rows.labels), dtype=np.int64)
    for label in np.unique(rows.labels):
        mine = random.permutation(np.flatnonzero(rows.labels == label))
        folds[mine] = np.arange(len(mine)) % FOLDS
    return folds


def _drawn(
    algorithm: Algorithm, settings: Mapping[str, Number], fixed: frozenset[str], random: np.random.Generator
) -> dict[str, Number]:
    """Evenly on the logarithm of each range: what matters of such a setting is its size, not its last digit."""
    drawn = dict(settings)
    for name, (low, high) in algorithm.ranges.items():
        value = math.exp(random.uniform(math.log(low), math.log(high)))
        if name not in fixed:
            drawn[name] = round(value) if isinstance(settings[name], int) else float(f"{value:.3g}")
    return drawn


def _loss(
    algorithm: Algorithm,
    settings: Mapping[str, Number],
    rows: Dataset,
    folds: Any,
    fit: Callable[[Any, Dataset], Any],
) -> float:
    found = []
    for fold in range(FOLDS):
        model = fit(algorithm.build(**settings), rows.part(folds != fold))
        left = rows.part(folds == fold)
        given = np.asarray(model.predict_proba(left.values), dtype=np.float64)[np.arange(len(left.labels)), left.labels]
        found.append(float(-np.log(np.clip(given, 1e-15, 1)).mean()))
    return math.fsum(found) / FOLDS
