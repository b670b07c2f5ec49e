"""A loaded model: onnxruntime behind one call, proven by the prediction that its training recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from model_code.contract import ModelSpec
from model_code.errors import UnusableError
from model_code.table import Matrix, Table

THREADS = 1  # per process: instances scale out, and one row is far too little work to share
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
# By what the image is made for. Neuron chips want a model compiled for them, and another runtime.
PROVIDERS = {"none": [_CPU], "gpu": [_CUDA, _CPU]}


class ModelError(UnusableError):
    """A model folder that this server will not serve."""


class Predictor:
    """The probabilities of an artifact's classes for a matrix of its features.

    `accelerator` is a key of PROVIDERS. Raises ModelError when the files are missing, were trained for another schema,
    do not repeat the answer that training recorded in metadata.json, or would run elsewhere than on the accelerator.
    """

    def __init__(self, folder: Path, spec: ModelSpec, accelerator: str = "none") -> None:
        self.table = Table(spec.inputs, spec.max_rows)
        self.classes = spec.inputs.classes
        metadata = _metadata(folder)
        _require_schema(metadata, spec, folder)
        self._session = _session(folder / "model.onnx", PROVIDERS[accelerator])
        self._self_test(metadata)

    def predict(self, values: Matrix) -> Matrix:
        """A row of probabilities per row of values."""
        return self._session.run(["probabilities"], {"inputs": values})[0]  # type: ignore[no-any-return]

    def _self_test(self, metadata: dict[str, Any]) -> None:
        example = np.array(metadata["example"], dtype=np.float32)
        got, recorded = self.predict(example), np.array(metadata["example_probabilities"], dtype=np.float32)
        if got.shape != recorded.shape or not np.allclose(got, recorded, atol=1e-4):
            raise ModelError(f"self-test: the model answers {got.tolist()}, its training recorded {recorded.tolist()}")


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        metadata: dict[str, Any] = json.loads((folder / "metadata.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"no readable metadata.json in {folder} (SM_MODEL_DIR): {error}") from error
    missing = {"features", "classes", "example", "example_probabilities"} - metadata.keys()
    if missing:
        raise ModelError(f"{folder}/metadata.json lacks {sorted(missing)}: was it written by model_code.training?")
    return metadata


def _require_schema(metadata: dict[str, Any], spec: ModelSpec, folder: Path) -> None:
    for key, allowed in (("features", list(spec.inputs.names)), ("classes", list(spec.inputs.classes))):
        if metadata[key] != allowed:
            raise ModelError(f"{folder}: trained for {key} {metadata[key]}, but {spec.name} declares {allowed}")


def _session(file: Path, providers: list[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = THREADS
    if _CUDA in providers:
        onnxruntime.preload_dlls()  # the CUDA libraries that requirements-gpu.txt brings as wheels
    available = set(onnxruntime.get_available_providers())
    try:
        session = onnxruntime.InferenceSession(
            str(file), options, providers=[provider for provider in providers if provider in available]
        )
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise ModelError(f"{file} does not load: {error}") from error
    # Without a GPU, or without its driver, onnxruntime goes on with the CPU: a fleet paid for GPUs must not.
    if session.get_providers()[0] != providers[0]:
        raise ModelError(
            f"{file} would run on {session.get_providers()}, but TAKEOFF_ACCELERATOR promises {providers[0]}: "
            "needs an instance type with a GPU, its driver, and the image of Dockerfile.gpu"
        )
    return session
