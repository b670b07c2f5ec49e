"""The algorithms a model may be trained with, and the hyperparameters each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_code.paths import SettingError

Number = int | float


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """How to make a scikit-learn classifier, with the default of each hyperparameter that may be set."""

    build: Callable[..., Any]
    defaults: Mapping[str, Number]

    def settings(self, given: Mapping[str, Any]) -> dict[str, Number]:
        """The defaults with the given values in their place; SageMaker hands every value over as text."""
        unknown = sorted(given.keys() - self.defaults.keys())
        if unknown:
            raise SettingError(f"unknown hyperparameter {unknown[0]!r}, allowed: algorithm, {', '.join(self.defaults)}")
        return {name: _number(name, given.get(name, value), type(value)) for name, value in self.defaults.items()}


def choose(hyperparameters: Mapping[str, Any], allowed: tuple[str, ...]) -> tuple[str, Algorithm, dict[str, Number]]:
    """The algorithm that the hyperparameters name, and its settings."""
    given = dict(hyperparameters)
    name = given.pop("algorithm", None)
    if name not in allowed:
        raise SettingError(f"hyperparameter 'algorithm': got {name!r}, allowed: {', '.join(allowed)} (SM_HPS)")
    algorithm = ALGORITHMS[name]
    return name, algorithm, algorithm.settings(given)


def _number(name: str, value: object, kind: type[Number]) -> Number:
    try:
        return kind(str(value))
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise SettingError(f"hyperparameter {name!r}: got {value!r}, allowed: {wanted} (SM_HPS)") from None


# scikit-learn is imported where it is used: a model's list of algorithms is read by tools that do not train.
def _logistic_regression(*, seed: int, c: float, max_iter: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=max_iter, random_state=seed))


def _gradient_boosting(*, seed: int, trees: int, depth: int, learning_rate: float) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=trees, max_depth=depth, learning_rate=learning_rate, random_state=seed
    )


ALGORITHMS: Mapping[str, Algorithm] = {
    "logistic-regression": Algorithm(build=_logistic_regression, defaults={"seed": 0, "c": 1.0, "max_iter": 1000}),
    "gradient-boosting": Algorithm(
        build=_gradient_boosting, defaults={"seed": 0, "trees": 100, "depth": 3, "learning_rate": 0.1}
    ),
}
