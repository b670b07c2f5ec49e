"""Graphs made from a trained one: as good, slow, failing, wrong. Real artifacts, no switch in the server."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Change = Callable[[Any, dict[str, Any]], None]
# Some 270 million operations a turn: half a second or so for one request on one core.
_SIDE, _TURNS = 512, 300


def changed(artifact: bytes, name: str, change: Change) -> bytes:
    """An artifact with another graph, registered under a name that says what it is."""
    with tarfile.open(fileobj=io.BytesIO(artifact)) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]
    metadata, model = json.loads(files["metadata.json"]), onnx.load_from_string(files["model.onnx"])
    change(model.graph, metadata)
    onnx.checker.check_model(model)
    files["model.onnx"] = model.SerializeToString(deterministic=True)
    trained = metadata["algorithm"].partition(", made ")[0]
    files["metadata.json"] = json.dumps({**metadata, "algorithm": f"{trained}, made {name}"}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for each, content in files.items():
            member = tarfile.TarInfo(each)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def good(number: int) -> Change:
    """The same answers from a graph that differs by a constant nobody uses: another version, as good."""

    def change(graph: Any, _: dict[str, Any]) -> None:
        # The live version may be one of these itself.
        kept = [one for one in graph.initializer if one.name != "scenario_number"]
        del graph.initializer[:]
        graph.initializer.extend([*kept, numpy_helper.from_array(np.array(number, dtype=np.int64), "scenario_number")])

    return change


def slow(graph: Any, _: dict[str, Any]) -> None:
    """The same answers, after work that nobody asked for."""
    side = np.random.default_rng(0).standard_normal((_SIDE, _SIDE)).astype(np.float32) / _SIDE**0.5
    graph.initializer.extend(
        [
            numpy_helper.from_array(side, "slow_side"),
            numpy_helper.from_array(np.array(_TURNS, dtype=np.int64), "slow_turns"),
            numpy_helper.from_array(np.array(True), "slow_on"),
            numpy_helper.from_array(np.array(0, dtype=np.float32), "slow_nothing"),
        ]
    )
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["state", "slow_side"], ["next"]),
            helper.make_node("Identity", ["go"], ["go_on"]),
        ],
        "turn",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [_SIDE, _SIDE]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [_SIDE, _SIDE]),
        ],
    )
    _answer_with(
        graph,
        [
            # What depends on the request cannot be worked out once and for all when the model is loaded.
            helper.make_node("ReduceMean", ["inputs"], ["slow_mean"], keepdims=0),
            helper.make_node("Mul", ["slow_mean", "slow_nothing"], ["slow_zero"]),
            helper.make_node("Add", ["slow_side", "slow_zero"], ["slow_begin"]),
            helper.make_node("Loop", ["slow_turns", "slow_on", "slow_begin"], ["slow_end"], body=body),
            helper.make_node("ReduceMean", ["slow_end"], ["slow_end_mean"], keepdims=0),
            helper.make_node("Mul", ["slow_end_mean", "slow_nothing"], ["slow_added"]),
            helper.make_node("Add", ["trained", "slow_added"], ["probabilities"]),
        ],
    )


def failing(graph: Any, metadata: dict[str, Any]) -> None:
    """Passes the self-test with the row that training recorded, and fails with every other."""
    example = np.array(metadata["example"][0][:1], dtype=np.float32)
    graph.initializer.extend(
        [
            numpy_helper.from_array(example, "fail_example"),
            numpy_helper.from_array(np.array([0], dtype=np.int64), "fail_first"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "fail_one"),
            numpy_helper.from_array(np.array([0.0], dtype=np.float32), "fail_only"),
        ]
    )
    _answer_with(
        graph,
        [
            helper.make_node("Slice", ["inputs", "fail_first", "fail_one", "fail_one"], ["fail_column"]),
            helper.make_node("Equal", ["fail_column", "fail_example"], ["fail_known"]),
            helper.make_node("Not", ["fail_known"], ["fail_unknown"]),
            helper.make_node("Cast", ["fail_unknown"], ["fail_index"], to=TensorProto.INT64),
            # Position 1 of a list of one: onnxruntime answers with an error, and the server with 500.
            helper.make_node("Gather", ["fail_only", "fail_index"], ["fail_added"]),
            helper.make_node("Add", ["trained", "fail_added"], ["probabilities"]),
        ],
    )


def wrong(graph: Any, metadata: dict[str, Any]) -> None:
    """Answers with the other class, except to the row that training recorded."""
    example = np.array(metadata["example"][0][:1], dtype=np.float32)
    graph.initializer.extend(
        [
            numpy_helper.from_array(example, "wrong_example"),
            numpy_helper.from_array(np.array([0], dtype=np.int64), "wrong_first"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "wrong_one"),
            numpy_helper.from_array(np.array(1.0, dtype=np.float32), "wrong_all"),
        ]
    )
    _answer_with(
        graph,
        [
            helper.make_node("Slice", ["inputs", "wrong_first", "wrong_one", "wrong_one"], ["wrong_column"]),
            helper.make_node("Equal", ["wrong_column", "wrong_example"], ["wrong_known"]),
            helper.make_node("Sub", ["wrong_all", "trained"], ["wrong_other"]),
            helper.make_node("Where", ["wrong_known", "trained", "wrong_other"], ["probabilities"]),
        ],
    )


def _answer_with(graph: Any, nodes: list[Any]) -> None:
    """Let `nodes` make the output from what the trained graph called so, which they find as `trained`."""
    for node in graph.node:
        node.output[:] = ["trained" if name == "probabilities" else name for name in node.output]
        node.input[:] = ["trained" if name == "probabilities" else name for name in node.input]
    graph.node.extend(nodes)
