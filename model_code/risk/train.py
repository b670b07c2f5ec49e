"""Trains the synthetic risk model: `python -m model_code.container train`, SM_HPS='{"algorithm": "…"}'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_code import shared, training
from model_code.algorithms import Algorithm, regression, scikit_learn
from model_code.risk.data import load
from model_code.risk.spec import NOT_STATED, SPEC

_CATEGORIES = [at for at, feature in enumerate(SPEC.inputs.features) if feature.categories]
_MAY_LACK = [at for at, feature in enumerate(SPEC.inputs.features) if feature.minimum == NOT_STATED]
_OTHERS = sorted(set(range(len(SPEC.inputs.features))) - {*_CATEGORIES, *_MAY_LACK})


def _logistic_regression(*, seed: int, c: float, max_iter: int) -> Any:
    """Amounts and shares are skewed, so quantities are straightened (Yeo and Johnson) before they are weighed."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, PowerTransformer

    known = [list(map(float, range(len(SPEC.inputs.features[at].categories)))) for at in _CATEGORIES]
    imputed = make_pipeline(SimpleImputer(missing_values=float(NOT_STATED), strategy="median"), PowerTransformer())
    prepared = make_column_transformer(
        (imputed, _MAY_LACK),
        (PowerTransformer(), _OTHERS),
        (OneHotEncoder(categories=known, handle_unknown="ignore"), _CATEGORIES),
        sparse_threshold=0,
    )
    return make_pipeline(prepared, regression(seed=seed, c=c, max_iter=max_iter))


def _gradient_boosting(*, seed: int, trees: int, depth: int, learning_rate: float) -> Any:
    """Trees split on whatever separates, so what is not stated and a category's position need no help."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=trees, max_depth=depth, learning_rate=learning_rate, early_stopping=False, random_state=seed
    )


ALGORITHMS: Mapping[str, Algorithm] = {
    "logistic-regression": scikit_learn(
        _logistic_regression, {"c": 1.0, "max_iter": 1000}, {"c": (0.01, 100)}, shared.fit
    ),
    "gradient-boosting": scikit_learn(
        _gradient_boosting,
        {"trees": 60, "depth": 3, "learning_rate": 0.1},
        {"trees": (30, 150), "depth": (2, 5), "learning_rate": (0.02, 0.3)},
    ),
}


def train(environment: Mapping[str, str]) -> None:
    """Writes model.onnx and metadata.json to SM_MODEL_DIR; the channel's rows take the carried ones' place."""
    training.train(SPEC, load, ALGORITHMS, environment)
