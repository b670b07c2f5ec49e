"""A path finds every place that it means, through lists and JSON texts, and a change there leaves the rest alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.declared import UNKNOWN
from policies.proof.places import NOTHING, at, changed, general, places, written

DOCUMENT = json.dumps({"Statement": [{"Effect": "Allow", "Condition": {"Bool": {"aws:x": "1"}}}, {"Effect": "Deny"}]})
PROPS: dict[str, Any] = {
    "policy": DOCUMENT,
    "rules": [{"id": "a", "days": 1}, {"id": "b"}],
    "tags": {"takeoff:owner": "ann"},
    "later": UNKNOWN,
    "name": "x",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", ["name"]),
        ("tags.takeoff:owner", ["tags.takeoff:owner"]),
        ("rules[*].days", ["rules[0].days"]),
        ("rules[*].id", ["rules[0].id", "rules[1].id"]),
        ("policy{}.Statement[*].Effect", ["policy{}.Statement[0].Effect", "policy{}.Statement[1].Effect"]),
        ("policy{}.Statement[*].Condition.Bool.aws:x", ["policy{}.Statement[0].Condition.Bool.aws:x"]),
        ("missing", []),
        ("missing.deeper", []),
        ("later", ["later"]),
        ("later.deeper", []),
        ("later{}.deeper", []),
        ("later[*].deeper", []),
        ("name{}.deeper", []),
        ("name[*]", []),
        ("", [""]),
    ],
)
def test_a_path_finds_what_is_there(path: str, found: list[str]) -> None:
    assert [written(place) for place in places(PROPS, path)] == found


@pytest.mark.parametrize(
    ("path", "found"),
    [("missing", ["missing"]), ("tags.more", ["tags.more"]), ("missing.deeper", []), ("later.deeper", [])],
)
def test_a_missing_last_key_is_a_place_for_what_may_be_added(path: str, found: list[str]) -> None:
    assert [written(place) for place in places(PROPS, path, absent=True)] == found


def test_a_change_reaches_its_place_and_nothing_else() -> None:
    before = json.dumps(PROPS, default=str)
    (place,) = places(PROPS, "policy{}.Statement[*].Condition.Bool.aws:x")

    after = changed(PROPS, place, lambda value: value + "2")

    assert at(after, place) == "12"
    assert {**after, "policy": DOCUMENT} == PROPS
    assert json.dumps(PROPS, default=str) == before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tags.takeoff:owner", {"tags": {}}),
        ("rules[*].days", {"rules": [{"id": "a"}, {"id": "b"}]}),
        ("name", None),
    ],
)
def test_nothing_takes_a_place_away(path: str, expected: dict[str, Any] | None) -> None:
    (place,) = places(PROPS, path)

    after = changed(PROPS, place, lambda _: NOTHING)

    assert after == ({**PROPS, **expected} if expected else {k: v for k, v in PROPS.items() if k != path})


def test_nothing_takes_one_element_away() -> None:
    first = next(places(PROPS, "rules[*]"))

    assert changed(PROPS, first, lambda _: NOTHING)["rules"] == [{"id": "b"}]


def test_a_general_place_has_no_numbers() -> None:
    (place,) = places(PROPS, "rules[*].days")

    assert general(place) == "rules[*].days"
