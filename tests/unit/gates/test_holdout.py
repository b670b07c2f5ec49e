"""The frozen hold-out: a row's side never depends on other rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.gates.holdout import RULE, held_out, identity_of, keys, rule
from model_code.paths import SettingError
from tests.unit.gates.samples import OUT, ROWS, SCHEMA


@given(st.lists(st.binary(max_size=12), max_size=30), st.lists(st.binary(max_size=12), max_size=30))
@settings(max_examples=50, derandomize=True, deadline=None)
def test_no_row_changes_sides_when_rows_are_added(old: list[bytes], new: list[bytes]) -> None:
    assert held_out([*new, *old])[len(new) :].tolist() == held_out(old).tolist()


def test_the_side_of_a_row_is_the_same_for_ever() -> None:
    """Literal: another answer here means that every version so far was measured on other rows."""
    assert held_out([b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"]).tolist() == [FROZEN >> at & 1 for at in range(8)]
    assert OUT.sum() == HELD_OUT_OF_569


def test_a_quarter_is_held_out() -> None:
    assert abs(held_out(str(at).encode() for at in range(20_000)).mean() - 0.25) < 0.01


def test_rows_that_repeat_each_other_are_on_one_side_and_a_zero_has_no_sign() -> None:
    values = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0]], dtype=np.float32)
    assert len(set(keys(values))) == 1


def test_an_id_decides_alone_where_the_data_have_one() -> None:
    ids = [f"patient {at // 2}" for at in range(len(ROWS.values))]
    sides = held_out(keys(ROWS.values, ids))
    assert all(sides[at] == sides[at + 1] for at in range(0, 568, 2))
    assert sides.any()
    assert not sides.all()


FROZEN = 48  # bit by bit, from a to h
HELD_OUT_OF_569 = 157


def test_a_column_of_ids_is_found_declared_or_by_its_name_unless_it_is_a_feature() -> None:
    assert identity_of(("a", "id"), SCHEMA) == "id"
    assert identity_of(("a", "id"), SCHEMA, "a") == "a"
    assert identity_of(("a",), SCHEMA) == ""
    first = SCHEMA.features[0].model_copy(update={"name": "id"})
    assert identity_of(("id",), SCHEMA.model_copy(update={"features": (first,)})) == ""
    with pytest.raises(SettingError, match="the id column: got 'b', columns of the data: a, id"):
        identity_of(("a", "id"), SCHEMA, "b")


def test_a_rule_by_another_column_has_another_name() -> None:
    assert len({rule(""), rule("id"), rule("patient")}) == 3
    assert rule("") == RULE
