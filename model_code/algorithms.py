"""What an algorithm is to training, and those of scikit-learn that any table may be trained with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_code import shared
from model_code.contract import ModelSpec
from model_code.paths import SettingError

Number = int | float

MOST_TRIALS = 200


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """How to make a classifier and its ONNX graph, with the default of each hyperparameter that may be set.

    `build` takes the hyperparameters and answers an object with scikit-learn's fit and predict_proba. `export` takes
    the spec and that object, fitted, and answers an onnx.ModelProto: `inputs` [rows, features] in float32 to
    `probabilities` [rows, classes]. `libraries` are the distributions whose versions decide what comes out.
    """

    build: Callable[..., Any]
    defaults: Mapping[str, Number]
    export: Callable[[ModelSpec, Any], Any]
    libraries: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """What `tune` tries of a hyperparameter, both ends above 0; one that is not here keeps its value."""
    shared: Callable[..., Any] | None = None
    """How several hosts fit one model, see shared.fit; None for an algorithm that one host fits."""

    def settings(self, given: Mapping[str, Any]) -> dict[str, Number]:
        """The defaults with the given values in their place; SageMaker hands every value over as text."""
        unknown = sorted(given.keys() - self.defaults.keys())
        if unknown:
            raise SettingError(
                f"unknown hyperparameter {unknown[0]!r}, allowed: {', '.join(['algorithm', 'tune', *self.defaults])}"
            )
        return {name: _number(name, given.get(name, value), type(value)) for name, value in self.defaults.items()}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What one training run is to do, as its hyperparameters say."""

    name: str
    algorithm: Algorithm
    settings: dict[str, Number]
    given: frozenset[str]
    """The settings that the caller gave: tuning leaves them alone."""
    trials: int
    """Settings to try by cross-validation; 0 for none: the settings are taken as they are."""


def choose(hyperparameters: Mapping[str, Any], allowed: Mapping[str, Algorithm]) -> Choice:
    """The algorithm that the hyperparameters name, its settings and `tune`. Raises SettingError."""
    given = dict(hyperparameters)
    name, trials = given.pop("algorithm", None), int(_number("tune", given.pop("tune", 0), int))
    if name not in allowed:
        raise SettingError(f"hyperparameter 'algorithm': got {name!r}, allowed: {', '.join(allowed)} (SM_HPS)")
    algorithm = allowed[name]
    if not 0 <= trials <= MOST_TRIALS or (trials and not algorithm.ranges):
        most = MOST_TRIALS if algorithm.ranges else f"0, as {name} declares no ranges"
        raise SettingError(f"hyperparameter 'tune': got {trials} trials, allowed: at most {most} (SM_HPS)")
    settings = algorithm.settings(given)
    return Choice(name=name, algorithm=algorithm, settings=settings, given=frozenset(given), trials=trials)


def _number(name: str, value: object, kind: type[Number]) -> Number:
    try:
        return kind(str(value))
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise SettingError(f"hyperparameter {name!r}: got {value!r}, allowed: {wanted} (SM_HPS)") from None


# scikit-learn is imported where it is used: a model's list of algorithms is read by tools that do not train.
def _logistic_regression(*, seed: int, c: float, max_iter: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), regression(seed=seed, c=c, max_iter=max_iter))


def regression(*, seed: int, c: float, max_iter: int) -> Any:
    """The last step of a pipeline that several hosts may fit."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=max_iter, random_state=seed)


def _gradient_boosting(*, seed: int, trees: int, depth: int, learning_rate: float) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=trees, max_depth=depth, learning_rate=learning_rate, random_state=seed
    )


def _converted(spec: ModelSpec, model: Any) -> Any:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    graph = convert_sklearn(
        model,
        name=spec.name,  # else a random one
        initial_types=[("inputs", FloatTensorType([None, len(spec.inputs.features)]))],
        options={"zipmap": False},  # probabilities as one array instead of a dictionary a row
    )
    # skl2onnx lists the operator sets in a set's order, which differs from process to process.
    operator_sets = sorted(graph.opset_import, key=lambda entry: str(entry.domain))
    del graph.opset_import[:]
    graph.opset_import.extend(operator_sets)
    return graph


def scikit_learn(
    build: Callable[..., Any],
    defaults: Mapping[str, Number],
    ranges: Mapping[str, tuple[float, float]],
    together: Callable[..., Any] | None = None,
) -> Algorithm:
    """An algorithm whose `build` answers what skl2onnx converts; a `seed` of 0 is added to the defaults."""
    return Algorithm(
        build=build,
        defaults={"seed": 0, **defaults},
        export=_converted,
        libraries=("numpy", "scikit-learn", "skl2onnx"),
        ranges=ranges,
        shared=together,
    )


TABULAR: Mapping[str, Algorithm] = {
    "logistic-regression": scikit_learn(
        _logistic_regression, {"c": 1.0, "max_iter": 1000}, {"c": (0.01, 100)}, shared.fit
    ),
    "gradient-boosting": scikit_learn(
        _gradient_boosting,
        {"trees": 100, "depth": 3, "learning_rate": 0.1},
        {"trees": (50, 200), "depth": (2, 5), "learning_rate": (0.02, 0.3)},
    ),
}
