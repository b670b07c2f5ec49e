"""The one way from a data set to an artifact: check the rows, fit, convert to ONNX, measure what will be served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from model_code.algorithms import Algorithm, Choice, Number, choose
from model_code.contract import ModelSpec
from model_code.dataset import DataError, Dataset
from model_code.errors import InputError
from model_code.gates.conform import dataset
from model_code.gates.frame import read
from model_code.gates.holdout import identity_of, rule
from model_code.hosts import Hosts
from model_code.paths import Paths, SettingError, hyperparameters
from model_code.table import Matrix, Table
from model_code.tuning import FOLDS, tune

_CHECKED_AGAINST = 1e-3  # largest difference between ONNX and what was fitted, often in float64, that is rounding


def train(
    spec: ModelSpec, carried: Callable[[], Dataset], algorithms: Mapping[str, Algorithm], environment: Mapping[str, str]
) -> None:
    """Writes model.onnx and metadata.json to SM_MODEL_DIR: the same data and hyperparameters give the same bytes.

    The data set is the channel's (SM_CHANNEL_TRAINING) where the job has one, else the carried one. Of several hosts
    the first alone writes. Raises SettingError and DataError.
    """
    choice, hosts, paths = (
        choose(hyperparameters(environment), algorithms),
        Hosts.of(environment),
        Paths.of(environment),
    )
    _need_one_host(choice, hosts)
    data = _checked(spec, carried() if paths.training is None else _channel(spec, paths.training))
    training, held_out = _split(spec, data)
    settings, tuning = _tuned(choice, training)
    with _one_thread():
        model = _fit(choice, settings, training, hosts)
    if model is None:
        print(json.dumps({"event": "shared", "model": spec.name, "host": hosts.current}), flush=True)
        return
    onnx = bytes(choice.algorithm.export(spec, model).SerializeToString(deterministic=True))
    metrics = _evaluate(onnx, model, held_out)
    paths.model.mkdir(parents=True, exist_ok=True)
    metadata = {
        **_metadata(spec, training, held_out),
        "algorithm": choice.name,
        "hyperparameters": settings,
        "hosts": len(hosts.names),
        "metrics": metrics,
        "libraries": {library: version(library) for library in choice.algorithm.libraries},
        **tuning,
        **_example(onnx, held_out),
    }
    (paths.model / "model.onnx").write_bytes(onnx)
    (paths.model / "metadata.json").write_text(json.dumps(metadata, indent=1, sort_keys=True) + "\n")
    print(json.dumps({"event": "trained", "model": spec.name, "algorithm": choice.name, **metrics}), flush=True)


def _split(spec: ModelSpec, data: Dataset) -> tuple[Dataset, Dataset]:
    parts = data.split()
    for what, rows in zip(("training", "held-out"), parts, strict=True):
        if missing := set(range(len(spec.inputs.classes))) - set(rows.labels.tolist()):
            label = spec.inputs.classes[min(missing)]
            raise DataError(f"no {what} row of {spec.name} is of class {label}, of {len(data.labels)} rows; add rows")
    return parts


def _need_one_host(choice: Choice, hosts: Hosts) -> None:
    if len(hosts.names) > 1 and (choice.algorithm.shared is None or choice.trials):
        what = "tune" if choice.trials else choice.name
        raise SettingError(f"instances: got {len(hosts.names)} hosts, allowed: 1 with {what}; set training.instances")


def _channel(spec: ModelSpec, folder: Path) -> Dataset:
    """The rows of the channel's *.csv, held to the schema as the data gate does. Raises DataError."""
    frame = read({path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))})
    return dataset(frame, spec.inputs, identity_of(frame.header, spec.inputs))


def _tuned(choice: Choice, training: Dataset) -> tuple[dict[str, Number], dict[str, Any]]:
    """The settings to train with, and what metadata.json says of how they were found."""
    if not choice.trials:
        return choice.settings, {}

    def fit(model: Any, rows: Dataset) -> Any:
        return model.fit(rows.values, rows.labels)

    with _one_thread():
        found = tune(choice.algorithm, choice.settings, choice.given, training, choice.trials, fit)
    return found.settings, {
        "tuning": {"trials": found.trials, "folds": FOLDS, "log_loss": round(found.log_loss, 6)},
    }


def _fit(choice: Choice, settings: Mapping[str, Number], training: Dataset, hosts: Hosts) -> Any:
    model = choice.algorithm.build(**settings)
    if len(hosts.names) == 1 or choice.algorithm.shared is None:
        return model.fit(training.values, training.labels)
    job = json.dumps([training.sha256, choice.name, settings, len(training.labels)], sort_keys=True)
    return choice.algorithm.shared(model, training.values, training.labels, hosts, job)


@contextmanager
def _one_thread() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # a sum's order, and with it the last bit, would follow the number of threads
        yield


def _checked(spec: ModelSpec, data: Dataset) -> Dataset:
    """The data set, if every row of it is a request that the model would answer."""
    try:
        Table(spec.inputs, max_rows=len(data.values)).check(data.values)
    except InputError as error:
        raise DataError(f"the data set of {spec.name} breaks its spec.py: {json.dumps(error.body())}") from error
    present = set(np.unique(data.labels).tolist())
    if present != set(range(len(spec.inputs.classes))):
        raise DataError(
            f"the labels of {spec.name} are {sorted(present)}; spec.py declares {len(spec.inputs.classes)} classes"
        )
    return data


def _predict(onnx: bytes, values: Matrix) -> Matrix:
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"inputs": values})[0]  # type: ignore[no-any-return]


def _evaluate(onnx: bytes, model: Any, held_out: Dataset) -> dict[str, float]:
    """Held-out metrics of the ONNX model, which is what will be served, once it agrees with what was fitted."""
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

    probabilities = _predict(onnx, held_out.values).astype(np.float64)
    difference = float(np.abs(probabilities - model.predict_proba(held_out.values)).max())
    if difference > _CHECKED_AGAINST:
        raise RuntimeError(f"model.onnx differs from the fitted model by {difference:.2g} in a probability")
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    scores = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities
    return {
        "accuracy": round(float(accuracy_score(held_out.labels, probabilities.argmax(axis=1))), 6),
        "log_loss": round(float(log_loss(held_out.labels, probabilities)), 6),
        "roc_auc": round(float(roc_auc_score(held_out.labels, scores, multi_class="ovr")), 6),
    }


def _metadata(spec: ModelSpec, training: Dataset, held_out: Dataset) -> dict[str, Any]:
    return {
        "model": spec.name,
        "rows": {"training": len(training.labels), "held_out": len(held_out.labels)},
        "data_sha256": training.sha256,
        "split": rule(training.identity),
        "features": list(spec.inputs.names),
        "classes": list(spec.inputs.classes),
    }


def _example(onnx: bytes, held_out: Dataset) -> dict[str, Any]:
    """A row and its answer: the server repeats it before it says that it is well."""
    row = held_out.values[:1]
    return {"example": row.tolist(), "example_probabilities": _predict(onnx, row).tolist()}
