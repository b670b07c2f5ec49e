"""The benchmark's ONNX model for mlflow: run to save it, and read by mlflow as the model's code.

Runs in the benchmark's own environment: `python mlflow_model.py MODEL.onnx FOLDER`.
"""

from __future__ import annotations

import sys

import mlflow
import numpy as np
import onnxruntime


class OnnxModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]
    """The same session, with the same one thread, behind mlflow's interface."""

    def load_context(self, context):  # type: ignore[no-untyped-def]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(context.artifacts["onnx"], options)

    def predict(self, model_input):  # type: ignore[no-untyped-def]
        values = np.asarray(model_input, dtype=np.float32)
        return self.session.run(["probabilities"], {"inputs": values})[0]


if __name__ == "__main__":
    mlflow.pyfunc.save_model(path=sys.argv[2], python_model=__file__, artifacts={"onnx": sys.argv[1]})
else:
    mlflow.models.set_model(OnnxModel())
