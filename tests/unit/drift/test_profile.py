"""Profiles: whatever batches a window came in, one profile; whatever is wrong with them, a clear error or a count."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.drift import WORLD, Columns, world
from model_code.contract import Feature
from model_code.drift.errors import DriftError
from model_code.drift.joint import MOST
from model_code.drift.profile import Profile

BASELINE = Profile.of(WORLD, world(np.random.default_rng(0), 2_000), seed=5, outputs=["label"])
ROWS = world(np.random.default_rng(1), 999)


def part(columns: Columns, begin: int, end: int) -> Columns:
    return {name: column[begin:end] for name, column in columns.items()}


@pytest.mark.parametrize("size", [1, 7, 500])
def test_batches_of_any_size_make_the_same_profile(size: int) -> None:
    rows = part(ROWS, 0, 50) if size == 1 else ROWS
    end = len(rows["normal"])
    window = BASELINE.empty()
    for begin in range(0, end, size):
        window = window.add(part(rows, begin, begin + size))
    assert window.to_json() == BASELINE.empty().add(rows).to_json()


def same(one: Profile, other: Profile) -> bool:
    """Equal but for the level of a row in the joint test, which its place in the stream decides."""
    documents = [{**json.loads(profile.to_json()), "joint": 0} for profile in (one, other)]
    sums = [(profile.joint.sums.sum(axis=0), profile.joint.products.sum(axis=0)) for profile in (one, other)]
    joint = all(np.array_equal(mine, theirs) for mine, theirs in zip(*sums, strict=True))
    return joint and documents[0] == documents[1] and one.joint.used == other.joint.used


def test_merging_is_adding_in_any_order() -> None:
    first, second, third = (BASELINE.empty().add(part(ROWS, at, at + 333)) for at in (0, 333, 666))
    whole = BASELINE.empty().add(ROWS)
    assert same(first.merge(second).merge(third), whole)
    assert same(third.merge(first.merge(second)), whole)
    assert same(BASELINE.empty().merge(first).merge(second.merge(third)), whole)
    assert not same(first.merge(second), whole)


def test_rows_in_another_order_make_the_same_profile() -> None:
    backwards = {name: column[::-1] for name, column in ROWS.items()}
    assert same(BASELINE.empty().add(backwards), BASELINE.empty().add(ROWS))


@pytest.mark.parametrize("size", [50_000, 7_919])
def test_of_a_long_stream_the_joint_test_takes_a_bounded_part_that_batches_do_not_change(size: int) -> None:
    rows = world(np.random.default_rng(3), 100_000)
    window = BASELINE.empty()
    for begin in range(0, 100_000, size):
        window = window.add(part(rows, begin, begin + size))
    whole = BASELINE.empty().add(rows)
    assert window.to_json() == whole.to_json()
    assert MOST / 4 < whole.joint.used <= MOST
    assert whole.rows == whole.joint.rows == 100_000
    both = window.merge(BASELINE.empty().add(ROWS))
    assert both.joint.used <= MOST
    assert both.joint.rows == 100_999


def test_more_baseline_can_be_added_to_the_bins_of_its_first_rows() -> None:
    assert BASELINE.add(ROWS).rows == 2_999


def test_a_profile_survives_its_json() -> None:
    window = BASELINE.empty().add({"gaps": ROWS["gaps"], "other": ROWS["gaps"]}).add(ROWS)
    again = Profile.from_json(window.to_json())
    assert again.to_json() == window.to_json()
    assert again.merge(window).rows == 2 * window.rows


def test_the_size_of_a_profile_does_not_grow_with_rows() -> None:
    random = np.random.default_rng(2)
    small, large = (len(BASELINE.empty().add(world(random, rows)).to_json()) for rows in (1_000, 200_000))
    assert large < 1.3 * small  # a count of 200,000 has two more digits than one of 1,000


def test_columns_go_by_name_and_another_order_is_only_remembered() -> None:
    backwards = BASELINE.empty().add(dict(reversed(ROWS.items())))
    straight = BASELINE.empty().add(ROWS)
    assert (backwards.reordered, straight.reordered) == (True, False)
    assert json.loads(backwards.to_json()) | {"reordered": False} == json.loads(straight.to_json())


def test_another_order_in_either_profile_is_remembered_when_they_merge() -> None:
    odd, empty = BASELINE.empty().add(dict(reversed(ROWS.items()))), BASELINE.empty()
    assert odd.merge(empty).reordered
    assert empty.merge(odd).reordered


def test_values_far_out_count_as_the_farthest_in_the_joint_test() -> None:
    far, farther = (BASELINE.empty().add(ROWS | {"normal": np.full(999, value)}) for value in (1e6, 1e30))
    assert far.joint.document() == farther.joint.document()


def test_missing_and_extra_columns_are_counted_and_named() -> None:
    rows = {name: column for name, column in ROWS.items() if name != "heavy"} | {"x" * 99: ROWS["heavy"]}
    window = BASELINE.empty().add(rows).add(ROWS)
    assert dict(window.absent) == {"heavy": 999}
    assert window.extra == ("x" * 64,)
    assert (window.rows, window.sketches["heavy"].rows, window.joint.rows) == (1_998, 999, 999)


def test_extra_columns_without_end_are_kept_to_a_few() -> None:
    window = BASELINE.empty()
    for number in range(100):
        window = window.add({f"extra{number}": np.zeros(1)})
    assert len(window.extra) == 20


def test_a_missing_output_does_not_keep_a_batch_from_the_joint_test() -> None:
    rows = {name: column for name, column in ROWS.items() if name != "label"}
    assert BASELINE.empty().add(rows).joint.rows == 999


def test_no_columns_and_no_rows_change_nothing() -> None:
    empty = BASELINE.empty()
    nothing = {feature.name: np.zeros(0) for feature in WORLD}
    assert empty.add({}).to_json() == empty.add(nothing).to_json() == empty.to_json()


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(DriftError, match="same number of rows, got normal 3, heavy 2"):
        BASELINE.empty().add({"normal": np.zeros(3), "heavy": np.zeros(2)})


def test_a_baseline_without_a_column_is_refused() -> None:
    with pytest.raises(DriftError, match="the baseline has no column heavy, count, gaps, label; it has normal"):
        Profile.of(WORLD, {"normal": np.zeros(3)}, seed=0)


def test_an_output_that_is_no_feature_is_refused() -> None:
    with pytest.raises(DriftError, match="outputs that are no feature: score"):
        Profile.of(WORLD, ROWS, seed=0, outputs=["score"])


def test_profiles_of_two_schemas_or_baselines_do_not_merge() -> None:
    other = Profile.of(WORLD[:2], ROWS, seed=5)
    with pytest.raises(DriftError, match="profiles of two schemas"):
        BASELINE.merge(other)
    with pytest.raises(DriftError, match="another baseline"):
        BASELINE.merge(Profile.of(WORLD, ROWS, seed=5, outputs=["label"]))
    again = Profile.of(WORLD, world(np.random.default_rng(0), 2_000), seed=6, outputs=["label"])
    with pytest.raises(DriftError, match="random features differ"):
        BASELINE.merge(again)
    wider = tuple(f.model_copy(update={"maximum": 9.0}) if f.name == "normal" else f for f in WORLD)
    with pytest.raises(DriftError, match="feature normal: the other profile has another schema"):
        BASELINE.merge(Profile.of(wider, world(np.random.default_rng(0), 2_000), seed=5, outputs=["label"]))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":2}', BASELINE.to_json()[:-9], '{"format":1,"features":7}'])
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(DriftError, match="no drift profile"):
        Profile.from_json(text)


def test_a_single_feature_is_a_profile_too() -> None:
    one = (Feature(name="only"),)
    baseline = Profile.of(one, {"only": np.arange(50.0)}, seed=0)
    assert baseline.empty().add({"only": [1, None, float("inf")]}).joint.rows == 3
