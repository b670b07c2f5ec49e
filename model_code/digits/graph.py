"""The trained network as an ONNX graph that takes rows of pixels like any other model of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from model_code.contract import ModelSpec
from model_code.digits.network import Layer, Network, Weights

# Read by every onnxruntime since 1.15, the CUDA edition that requirements-gpu.txt pins among them.
_OPERATORS, _FORMAT = 17, 8


def to_onnx(spec: ModelSpec, network: Network) -> Any:
    """An onnx.ModelProto: `inputs` [rows, pixels] in float32 to `probabilities` [rows, classes].

    Reshaping and scaling are part of the graph, so that the server needs to know nothing of images.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes = [
        helper.make_node("Div", ["inputs", "darkest"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "image"], ["seen0"]),
    ]
    constants = {
        "darkest": np.array(network.darkest, dtype=np.float32),
        "image": np.array([-1, 1, network.side, network.side], dtype=np.int64),
    }
    last = len(network.layers) - 1
    for number, (layer, weights) in enumerate(zip(network.layers, network.weights, strict=True)):
        constants |= {f"kernel{number}": _kernel(layer, weights), f"bias{number}": weights.bias}
        nodes.append(
            helper.make_node(
                "Conv",
                [f"seen{number}", f"kernel{number}", f"bias{number}"],
                [f"sum{number}"],
                strides=[layer.stride] * 2,
                pads=[layer.padding] * 4,
            )
        )
        if number != last:
            nodes.append(helper.make_node("Relu", [f"sum{number}"], [f"seen{number + 1}"]))
    nodes.append(helper.make_node("Flatten", [f"sum{last}"], ["logits"]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        spec.name,
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [None, len(spec.inputs.features)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, len(spec.inputs.classes)])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPERATORS)], ir_version=_FORMAT)
    checker.check_model(model, full_check=True)
    return model


def _kernel(layer: Layer, weights: Weights) -> Any:
    """ONNX's order: channels out, channels in, height, width."""
    return weights.kernel.T.reshape(layer.channels, -1, layer.kernel, layer.kernel)
