"""One logistic regression fitted by several hosts, each on its own rows: the same model as one host's."""

from __future__ import annotations

from typing import Any

import numpy as np

from model_code.hosts import Floats, Hosts, Share
from model_code.table import Matrix

_TOLERANCE = 1e-8  # of the mean loss's slope: beyond it nothing that is served changes
_SHORTEST = 1e-6  # part of a Newton step: below it only rounding is left to win


def fit(model: Any, values: Matrix, labels: Any, hosts: Hosts, job: str) -> Any:
    """scikit-learn's pipeline that ends in LogisticRegression, fitted; None on every host but the first.

    What comes before the regression is fitted by each host on all rows, which is cheap and gives all the same. Then
    the loss, its slope and its curvature, which are sums over rows, are added up over the hosts; host k has the rows
    k, k + n, …
    """
    before, regression = model[:-1], model[-1]
    inputs = np.asarray(before.fit_transform(values, labels), dtype=np.float64)
    classes, codes = np.unique(labels, return_inverse=True)
    mine = slice(hosts.rank, None, len(hosts.names))
    share = _share(inputs[mine], codes[mine], len(classes))
    if not hosts.first:
        hosts.serve(job, share)
        return None
    with hosts.sum(job, share) as total:
        weights = _solved(total, len(inputs), inputs.shape[1], len(classes), regression.C, regression.max_iter)
    if len(classes) == 2:  # scikit-learn keeps one row of weights, by which the second class is likelier
        weights = weights[1:] - weights[:1]
    regression.classes_ = classes
    regression.coef_, regression.intercept_ = weights[:, :-1].copy(), weights[:, -1].copy()
    regression.n_features_in_ = inputs.shape[1]
    return model


def _share(inputs: Floats, codes: Any, classes: int) -> Share:
    """These rows' loss, slope and curvature at the weights that are asked for, one after the other in one array."""
    rows = np.column_stack([inputs, np.ones(len(inputs))])
    known = np.eye(classes)[codes]

    def parts(asked: Floats) -> Floats:
        logits = rows @ asked.reshape(classes, -1).T
        logits -= logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        sums = powers.sum(axis=1, keepdims=True)
        likely = powers / sums
        loss = float((np.log(sums[:, 0]) - (logits * known).sum(axis=1)).sum())
        slope = (likely - known).T @ rows
        curvature = np.block(
            [
                [rows.T @ (rows * (likely[:, a] * ((a == b) - likely[:, b]))[:, None]) for b in range(classes)]
                for a in range(classes)
            ]
        )
        return np.concatenate([[loss], slope.ravel(), curvature.ravel()])

    return parts


def _solved(total: Share, rows: int, width: int, classes: int, c: float, steps: int) -> Floats:
    """[classes, width + 1] by Newton's method: the weights, the last of each row its intercept.

    Only the weights are held near 0, as in scikit-learn. A step that does not help is halved.
    """
    size = classes * (width + 1)
    held = np.ones((classes, width + 1))
    held[:, -1] = 0
    # Two rows of softmax hold each half of the one weight that scikit-learn has: 2 (w/2)^2 is half of w^2.
    strength = held.ravel() * (2.0 if classes == 2 else 1.0) / (c * rows)
    # One number added to all intercepts changes no answer: without an end to it, the curvature has no inverse.
    floor = np.diag(np.where(strength > 0, strength, 1e-9))

    def at(weights: Floats) -> tuple[float, Floats, Floats]:
        added = total(weights) / rows
        loss = float(added[0] + (strength * weights) @ weights / 2)
        return loss, added[1 : size + 1] + strength * weights, added[size + 1 :].reshape(size, size) + floor

    weights, step = np.zeros(size), 1.0
    loss, slope, curvature = at(weights)
    for _ in range(steps):
        if np.abs(slope).max() < _TOLERANCE or step < _SHORTEST:
            break
        direction = np.linalg.solve(curvature, slope)
        tried = at(weights - step * direction)
        if tried[0] <= loss:
            weights, (loss, slope, curvature), step = weights - step * direction, tried, 1.0
        else:
            step /= 2
    return weights.reshape(classes, width + 1)
