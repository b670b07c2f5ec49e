"""Candidates made from one trained model: a slow one and a failing one. Real artifacts, no switch in the server."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Some 270 million operations a turn: half a second or so for one request on one core.
_SIDE, _TURNS = 512, 300


def slow(trained: Path, target: Path) -> Path:
    """The same answers, after work that nobody asked for."""

    def change(graph: Any, _: dict[str, Any]) -> None:
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

    return _changed(trained, target, "slow", change)


def failing(trained: Path, target: Path) -> Path:
    """Passes the self-test with the row that training recorded, and fails with every other."""

    def change(graph: Any, metadata: dict[str, Any]) -> None:
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

    return _changed(trained, target, "failing", change)


def rows(trained: Path, count: int = 200) -> list[list[float]]:
    """Rows like the one that training recorded, each a little different."""
    with tarfile.open(trained) as archive:
        metadata = json.loads(archive.extractfile("metadata.json").read())  # type: ignore[union-attr]  # a file
    near = np.random.default_rng(0).uniform(0.9, 1.0, (count, 1)) * np.array(metadata["example"][0])
    return [[float(value) for value in row] for row in near]


def _answer_with(graph: Any, nodes: list[Any]) -> None:
    """Let `nodes` make the output from what the trained graph called so, which they find as `trained`."""
    for node in graph.node:
        node.output[:] = ["trained" if name == "probabilities" else name for name in node.output]
        node.input[:] = ["trained" if name == "probabilities" else name for name in node.input]
    graph.node.extend(nodes)


def _changed(trained: Path, target: Path, name: str, change: Any) -> Path:
    """An artifact like `trained` with another graph, registered under a name that says what it is."""
    with tarfile.open(trained) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]  # files only
    metadata, model = json.loads(files["metadata.json"]), onnx.load_from_string(files["model.onnx"])
    change(model.graph, metadata)
    onnx.checker.check_model(model)
    files["model.onnx"] = model.SerializeToString(deterministic=True)
    files["metadata.json"] = json.dumps({**metadata, "algorithm": f"{metadata['algorithm']}, made {name}"}).encode()
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target / "model.tar.gz", "w:gz") as archive:
        for each, content in files.items():
            member = tarfile.TarInfo(each)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target / "model.tar.gz"
