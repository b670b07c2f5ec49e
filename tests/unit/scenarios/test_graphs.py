"""Each changed graph is one that onnx accepts and onnxruntime answers from, and its answers are what its name says."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from model_code import artifact
from model_code.risk.data import load
from model_code.table import Matrix
from scenarios import graphs
from scenarios.graphs import Change, changed

# Any but the row that training recorded.
ROWS = load().values[10:50]


def files(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        return {each.name: found.extractfile(each).read() for each in found}  # type: ignore[union-attr]  # files only


def answers(archive: bytes, rows: Matrix) -> Any:
    model = files(archive)["model.onnx"]
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options).run(["probabilities"], {"inputs": rows})[0]


def recorded(archive: bytes) -> tuple[Matrix, Any]:
    """The rows that training recorded as an example, and the trained answers to them."""
    metadata = json.loads(files(archive)["metadata.json"])
    return np.array(metadata["example"], dtype=np.float32), np.array(metadata["example_probabilities"])


@pytest.fixture(scope="module")
def before(trained: Path) -> bytes:
    return trained.read_bytes()


def test_none_of_the_rows_is_the_recorded_one(before: bytes) -> None:
    example, _ = recorded(before)
    assert not np.isin(ROWS[:, 0], example[:, 0]).any()


def test_a_good_version_gives_the_same_answers_and_each_number_is_another_version(before: bytes) -> None:
    one, two = (changed(before, "good", graphs.good(number)) for number in (1, 2))
    assert np.array_equal(answers(one, ROWS), answers(before, ROWS))
    assert files(one)["model.onnx"] != files(two)["model.onnx"]


def test_a_good_version_can_be_made_of_one_that_was_made(before: bytes) -> None:
    one = changed(before, "first", graphs.good(1))
    two = changed(one, "second", graphs.good(2))
    assert np.array_equal(answers(two, ROWS), answers(before, ROWS))
    assert files(two)["model.onnx"] == files(changed(before, "second", graphs.good(2)))["model.onnx"]
    assert files(two)["metadata.json"] == files(changed(before, "second", graphs.good(2)))["metadata.json"]


def test_a_slow_version_gives_the_same_answers(before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "_TURNS", 2)
    assert np.array_equal(answers(changed(before, "slow", graphs.slow), ROWS[:2]), answers(before, ROWS[:2]))


def test_a_slow_version_works_as_often_as_it_says(before: bytes) -> None:
    model = onnx.load_from_string(files(changed(before, "slow", graphs.slow))["model.onnx"])
    (turns,) = [onnx.numpy_helper.to_array(each) for each in model.graph.initializer if each.name == "slow_turns"]
    (loop,) = [node for node in model.graph.node if node.op_type == "Loop"]
    assert int(turns) >= 100
    assert loop.input[0] == "slow_turns"


def test_a_wrong_version_answers_with_the_other_class_except_to_the_recorded_row(before: bytes) -> None:
    wrong = changed(before, "wrong", graphs.wrong)
    assert np.allclose(answers(wrong, ROWS), answers(before, ROWS)[:, ::-1], atol=1e-6)
    example, trained = recorded(before)
    assert np.allclose(answers(wrong, example[:1]), trained[:1], atol=1e-6)


def test_a_failing_version_answers_the_recorded_row_and_no_other(before: bytes) -> None:
    failing = changed(before, "failing", graphs.failing)
    example, trained = recorded(before)
    assert np.allclose(answers(failing, example[:1]), trained[:1], atol=1e-6)
    for row in ROWS[:3]:
        with pytest.raises(Exception, match="indices element out of data bounds"):
            answers(failing, row[None, :])


@pytest.mark.parametrize("change", [graphs.good(1), graphs.slow, graphs.failing, graphs.wrong])
def test_a_changed_artifact_is_one_that_is_served_and_says_what_was_made_of_it(
    change: Change, before: bytes, tmp_path: Path
) -> None:
    after = changed(before, "name", change)
    assert after != before
    was, now = files(before), files(after)
    assert set(was) == set(now)
    metadata = json.loads(now["metadata.json"])
    assert metadata == {**json.loads(was["metadata.json"]), "algorithm": "logistic-regression, made name"}
    path = tmp_path / artifact.NAME
    path.write_bytes(after)
    artifact.unpack(path, tmp_path / "unpacked")
    assert (tmp_path / "unpacked/model.onnx").read_bytes() == now["model.onnx"]


def test_a_graph_that_onnx_does_not_accept_is_no_version(before: bytes) -> None:
    def broken(graph: Any, _: dict[str, Any]) -> None:
        graph.node.append(onnx.helper.make_node("Identity", ["nowhere"], ["anywhere"]))

    with pytest.raises(onnx.checker.ValidationError, match="nowhere"):
        changed(before, "broken", broken)


def test_the_same_change_gives_the_same_model(before: bytes) -> None:
    one, again = (files(changed(before, "wrong", graphs.wrong))["model.onnx"] for _ in range(2))
    assert one == again
