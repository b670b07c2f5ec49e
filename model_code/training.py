"""The one way from a data set to an artifact: check the rows, fit, convert to ONNX, measure what will be served."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from model_code.algorithms import Algorithm, choose
from model_code.contract import ModelSpec
from model_code.dataset import DataError, Dataset
from model_code.errors import InputError
from model_code.paths import Paths, hyperparameters
from model_code.table import Matrix, Table

_CHECKED_AGAINST = 1e-3  # largest difference between ONNX and what was fitted, often in float64, that is rounding


def train(spec: ModelSpec, data: Dataset, algorithms: Mapping[str, Algorithm], environment: Mapping[str, str]) -> None:
    """Writes model.onnx and metadata.json to SM_MODEL_DIR: the same data and hyperparameters give the same bytes."""
    name, algorithm, settings = choose(hyperparameters(environment), algorithms)
    training, held_out = _checked(spec, data).split()
    model = _fit(algorithm.build(**settings), training)
    onnx = bytes(algorithm.export(spec, model).SerializeToString(deterministic=True))
    metrics = _evaluate(onnx, model, held_out)
    folder = Paths.of(environment).model
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {
        **_metadata(spec, training, held_out),
        "algorithm": name,
        "hyperparameters": settings,
        "metrics": metrics,
        "libraries": {library: version(library) for library in algorithm.libraries},
        **_example(onnx, held_out),
    }
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "metadata.json").write_text(json.dumps(metadata, indent=1, sort_keys=True) + "\n")
    print(json.dumps({"event": "trained", "model": spec.name, "algorithm": name, **metrics}), flush=True)


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


def _fit(model: Any, training: Dataset) -> Any:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # a sum's order, and with it the last bit, would follow the number of threads
        return model.fit(training.values, training.labels)


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
        "features": list(spec.inputs.names),
        "classes": list(spec.inputs.classes),
    }


def _example(onnx: bytes, held_out: Dataset) -> dict[str, Any]:
    """A row and its answer: the server repeats it before it says that it is well."""
    row = held_out.values[:1]
    return {"example": row.tolist(), "example_probabilities": _predict(onnx, row).tolist()}
