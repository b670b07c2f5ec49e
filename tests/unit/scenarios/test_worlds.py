"""The worlds of the loop: data sets that the gate takes, drifts that are what they are called, and ways back."""

from __future__ import annotations

import csv
import io
from functools import cache

import numpy as np
import pytest

from model_code.gates.conform import Limits, conform
from model_code.gates.frame import read
from model_code.gates.holdout import ID
from model_code.risk.data import GROUP
from model_code.risk.spec import SPEC
from scenarios.worlds import Setting

PLAIN = Setting()
SHIFTED, ONE = PLAIN.with_other_inputs(), PLAIN.with_other_concept()
OTHER = ONE.with_other_concept()
BAD = SPEC.inputs.classes[1]
DAYS = 10


@cache
def table(setting: Setting) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(setting.data(1, DAYS), newline="")))


def column(setting: Setting, name: str) -> list[float]:
    return [float(row[name]) for row in table(setting) if row[name]]


def bad(setting: Setting) -> dict[str, bool]:
    """By transaction whether it turned out bad."""
    return {row[ID]: row[SPEC.inputs.target] == BAD for row in table(setting)}


def share(setting: Setting) -> float:
    return float(np.mean(list(bad(setting).values())))


def test_other_inputs_are_a_way_there_and_back() -> None:
    assert SHIFTED != PLAIN
    assert SHIFTED.with_other_inputs() == PLAIN
    assert SHIFTED.with_other_concept().shifted, "the one leaves the other as it is"


def test_another_concept_never_is_the_one_before() -> None:
    assert [ONE.concept, OTHER.concept, OTHER.with_other_concept().concept] == ["one", "other", "one"]


@pytest.mark.parametrize("setting", [PLAIN, SHIFTED, ONE, OTHER])
def test_a_setting_comes_back_from_what_is_kept_of_it(setting: Setting) -> None:
    assert Setting(**setting.document()) == setting  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", [PLAIN, SHIFTED, ONE, OTHER])
def test_the_data_gate_takes_the_data(setting: Setting) -> None:
    frame = read({"data.csv": setting.data(1, DAYS).encode()})
    found = conform(frame, SPEC.inputs, Limits(), (ID, GROUP))
    assert [finding for finding in found if finding.severity == "stop"] == []


def test_the_same_setting_gives_the_same_data() -> None:
    assert Setting().data(1, 3) == PLAIN.data(1, 3)


def test_the_first_data_are_those_of_the_models_first_version() -> None:
    from model_code.risk.data import load

    carried = load()
    assert carried.ids is not None
    assert set(bad(PLAIN)) & set(carried.ids), "of the same world"


def test_other_inputs_look_different_and_as_many_outcomes_are_bad() -> None:
    for name, factor in (("amount", 1.5), ("income", 1.2)):
        assert np.median(column(SHIFTED, name)) > factor * np.median(column(PLAIN, name))
    assert abs(share(SHIFTED) - share(PLAIN)) < 0.03


@pytest.mark.parametrize("setting", [ONE, OTHER])
def test_another_concept_has_the_same_inputs(setting: Setting) -> None:
    features = (*SPEC.inputs.names, GROUP)
    before = {row[ID]: [row[name] for name in features] for row in table(PLAIN)}
    now = {row[ID]: [row[name] for name in features] for row in table(setting)}
    both = before.keys() & now.keys()
    assert len(both) > 500
    assert {at for at in both if before[at] != now[at]} == set()


@pytest.mark.parametrize(("before", "now"), [(PLAIN, ONE), (ONE, OTHER), (OTHER, ONE)])
def test_another_concept_turns_outcomes_over(before: Setting, now: Setting) -> None:
    one, other = bad(before), bad(now)
    both = one.keys() & other.keys()
    turned = np.mean([one[at] != other[at] for at in both])
    assert turned > 0.3


def test_the_two_concepts_are_wrong_about_each_other_and_not_only_worse() -> None:
    assert abs(share(ONE) - share(OTHER)) < 0.03
    assert min(share(ONE), share(OTHER)) > 4 * share(PLAIN)


@pytest.mark.parametrize("setting", [ONE, OTHER])
def test_another_concept_is_as_bad_for_either_group(setting: Setting) -> None:
    rows = table(setting)
    groups = {row[GROUP] for row in rows}
    shares = [np.mean([row[SPEC.inputs.target] == BAD for row in rows if row[GROUP] == group]) for group in groups]
    assert len(groups) == 2
    assert min(shares) > 0.3
    assert max(shares) - min(shares) < 0.1
