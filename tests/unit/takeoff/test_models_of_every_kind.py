"""What the command line does with models that differ: a table, images, text."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_code import artifact
from model_code.contract import ModelSpec, any_spec, codes
from takeoff.stack import CommandError
from takeoff.traffic import held_out
from takeoff.train import train

ROWS = [code for code in codes() if isinstance(any_spec(code), ModelSpec)]


@pytest.mark.parametrize("code", ROWS)
def test_held_out_rows_are_plain_numbers_with_a_class_of_the_spec_each(code: str) -> None:
    spec = any_spec(code)
    assert isinstance(spec, ModelSpec)
    rows, labels = held_out(code)
    assert len(rows) == len(labels) > 100
    assert {len(row) for row in rows} == {len(spec.inputs.features)}
    # A request names a category; its position is the container's alone.
    for cells, feature in zip(zip(*rows, strict=True), spec.inputs.features, strict=True):
        assert {type(cell) for cell in cells} == {str if feature.categories else float}
        assert set(cells) <= set(feature.categories or cells)
    assert set(labels) == set(spec.inputs.classes)


def test_a_version_is_trained_for_each_algorithm_that_is_asked_for(tmp_path: Path) -> None:
    (made,) = train("digits", tmp_path, 1)
    assert made == tmp_path / "one-convolution" / artifact.NAME
    with pytest.raises(CommandError, match=r"at most 2 \(one-convolution, two-convolutions\)"):
        list(train("digits", tmp_path, 3))


def test_a_model_of_text_is_neither_trained_nor_asked_for_rows(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"train: .*open-llm takes text and no rows"):
        list(train("open_llm", tmp_path, 1))
    with pytest.raises(CommandError, match=r"predict: .*open-llm takes text and no rows"):
        held_out("open_llm")
