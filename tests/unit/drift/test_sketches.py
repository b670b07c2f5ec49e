"""Sketches: exact under any batching and order, of a size that rows do not change."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.contract import Feature
from model_code.drift.category import CategorySketch, codes
from model_code.drift.errors import DriftError
from model_code.drift.numeric import NumericSketch

AMOUNT = Feature(name="amount", minimum=0, maximum=100)
COLOUR = Feature(name="colour", dtype="category", categories=("red", "green", "blue"))
CELLS = st.one_of(st.floats(width=32), st.none(), st.just("many"), st.integers(-(10**40), 10**40))
LABELS = st.one_of(st.sampled_from(["red", "green", "violet", "", "x" * 99]), st.none(), st.integers(0, 3))


def numeric(baseline: Any = range(101)) -> NumericSketch:
    return NumericSketch.of(AMOUNT, np.array(baseline, dtype=np.float32))


def same(first: NumericSketch | CategorySketch, second: NumericSketch | CategorySketch) -> bool:
    return json.dumps(first.document()) == json.dumps(second.document())


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(CELLS, max_size=40), st.integers(0, 40))
def test_numbers_in_two_batches_merged_either_way_are_the_same_as_in_one(cells: list[Any], cut: int) -> None:
    empty = numeric().empty()
    whole = empty.add(cells)
    assert same(whole, empty.add(cells[:cut]).add(cells[cut:]))
    assert same(whole, empty.add(cells[cut:]).merge(empty.add(cells[:cut])))
    assert whole.rows == len(cells)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(LABELS, max_size=40), st.integers(0, 40))
def test_labels_in_two_batches_merged_either_way_are_the_same_as_in_one(cells: list[Any], cut: int) -> None:
    empty = CategorySketch.of(COLOUR, ["red"]).empty()
    whole = empty.add(cells)
    assert same(whole, empty.add(cells[:cut]).add(cells[cut:]))
    assert same(whole, empty.add(cells[cut:]).merge(empty.add(cells[:cut])))
    assert whole.rows == len(cells)


def test_every_kind_of_value_is_counted_where_it_belongs() -> None:
    sketch = numeric().empty().add([1, 2.5, None, float("nan"), "", float("inf"), 1e300, "seven", -1, 101, 10**400])
    assert (sketch.rows, sketch.missing, sketch.infinite, sketch.invalid) == (11, 3, 3, 1)
    assert (sketch.outside, sketch.binned, sketch.counts.sum()) == (2, 4, 4)
    assert (sketch.lowest, sketch.highest) == (-1, 101)


def test_a_value_on_a_bound_of_the_schema_is_inside() -> None:
    assert numeric().empty().add([0, 100]).outside == 0


def test_a_labels_code_is_the_same_in_every_process() -> None:
    assert codes(COLOUR, ["red", "violet", ""]).tolist() == [89.0, -212.0, 0.0]


def test_text_that_reads_as_a_number_is_one() -> None:
    assert numeric().empty().add(["1", "2.5"]).binned == 2


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=60))
def test_any_finite_baseline_makes_rising_edges_and_loses_no_row(values: list[float]) -> None:
    sketch = numeric(values)
    assert (np.diff(sketch.edges) > 0).all()
    assert np.isfinite(sketch.edges).all()
    assert sketch.counts.sum() == len(values)
    assert same(NumericSketch.read(AMOUNT, json.loads(json.dumps(sketch.document()))), sketch)


def test_float64_and_float32_of_one_value_fall_into_one_bin() -> None:
    empty = numeric([0.1] * 50 + [0.7] * 50).empty()
    assert same(empty.add(np.array([0.1, 0.7])), empty.add(np.array([0.1, 0.7], dtype=np.float32)))


def test_a_value_between_two_that_come_often_is_in_the_bin_of_neither() -> None:
    sketch = numeric([0, 1] * 50)
    often = sketch.counts > 0
    assert sketch.empty().add([0.5, -0.5, 1.5]).counts[often].sum() == 0


@pytest.mark.parametrize("rows", [1_000, 200_000])
def test_a_numeric_sketch_is_small_however_many_rows(rows: int) -> None:
    values = np.random.default_rng(0).lognormal(0, 3, rows)
    assert len(json.dumps(NumericSketch.of(AMOUNT, values).document())) < 12_000


def test_quantiles_are_near_the_exact_ones() -> None:
    values = np.random.default_rng(0).standard_normal(50_000)
    sketch = NumericSketch.of(AMOUNT, values)
    assert [sketch.quantile(q) for q in (0.1, 0.5, 0.9)] == pytest.approx([-1.2816, 0, 1.2816], abs=0.03)


@pytest.mark.parametrize("baseline", [[], [None, float("nan")], [float("inf")], ["a"]])
def test_a_baseline_without_a_finite_number_is_refused_by_name(baseline: list[Any]) -> None:
    with pytest.raises(DriftError, match=r"feature amount.*not one finite number"):
        NumericSketch.of(AMOUNT, baseline)


def test_a_table_is_no_column() -> None:
    with pytest.raises(DriftError, match=r"one dimension, got an array of shape \(2, 2\)"):
        numeric().add(np.zeros((2, 2)))


def test_cells_that_are_lists_are_no_numbers_and_no_error() -> None:
    assert numeric().empty().add([[1], [2]]).invalid == 2
    assert CategorySketch.of(COLOUR, ["red"]).empty().add([["a"], {}]).new == 2


def test_sketches_of_two_baselines_do_not_merge() -> None:
    with pytest.raises(DriftError, match=r"bins of another baseline; begin with `baseline.empty\(\)`"):
        numeric().merge(numeric(range(50)))
    with pytest.raises(DriftError, match="labels of another baseline"):
        CategorySketch.of(COLOUR, ["red"]).merge(CategorySketch.of(COLOUR, ["violet"]))


def test_a_label_and_its_position_are_one() -> None:
    empty = CategorySketch.of(COLOUR, ["red"]).empty()
    by_position = empty.add(np.array([0, 2, np.nan, 2], dtype=np.float32))
    assert same(by_position, empty.add(["red", "blue", None, "blue"]))
    assert codes(COLOUR, ["red", None]).tolist() == codes(COLOUR, np.array([0.0, np.nan])).tolist()


def test_numbers_that_are_no_position_are_new_labels() -> None:
    sketch = CategorySketch.of(COLOUR, ["red"]).empty().add([3, -1, 0.5, float("inf"), 10**400])
    assert sketch.new == 5


def test_new_labels_are_counted_all_and_named_only_a_few_and_short() -> None:
    sketch = CategorySketch.of(COLOUR, ["red"]).add([f"user {number}" + "x" * 500 for number in range(50_000)])
    assert sketch.new == 50_000
    assert len(json.dumps(sketch.document())) < 2_000


def test_a_baseline_of_more_labels_than_are_kept_counts_its_rarest_as_new_in_both() -> None:
    labels = [f"city {number}" for number in range(500) for _ in range(500 - number)]
    sketch = CategorySketch.of(COLOUR, labels)
    assert len(sketch.known) == 200
    assert sketch.new == sum(range(1, 304))


def test_the_schemas_labels_are_known_though_the_baseline_never_had_them() -> None:
    assert CategorySketch.of(COLOUR, ["red"]).add(["blue"]).new == 0


def test_a_baseline_without_labels_is_refused_by_name() -> None:
    with pytest.raises(DriftError, match="feature colour: the baseline has no label at all"):
        CategorySketch.of(COLOUR, [None, ""])


def test_a_document_whose_counts_do_not_add_up_is_refused() -> None:
    document = numeric().document() | {"rows": 7}
    with pytest.raises(ValueError, match="edges must rise"):
        NumericSketch.read(AMOUNT, document)
    document = CategorySketch.of(COLOUR, ["red"]).document() | {"rows": 7}
    with pytest.raises(ValueError, match="there must be a count"):
        CategorySketch.read(COLOUR, document)
