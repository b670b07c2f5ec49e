"""From bytes to a checked matrix and back: what is allowed, what is refused, and with which words."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model_code.contract import Feature, Schema
from model_code.errors import InputError
from model_code.server.encode import ENCODERS, accepted, media_type
from model_code.server.npy import read_npy, write_npy
from model_code.server.parse import PARSERS, parse_csv, parse_json, parse_npy
from model_code.table import Matrix, Table

SCHEMA = Schema(
    features=(
        Feature(name="amount", minimum=-10, maximum=0.1),
        Feature(name="visits", dtype="integer", minimum=0),
        Feature(name="country", dtype="category", categories=("CH", "1", "de la x")),
        Feature(name="free"),
    ),
    target="fraud",
    classes=("no", "yes"),
)
TABLE = Table(SCHEMA, max_rows=3)
GOOD = [0.1, 3, "1", -2.5]

floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
matrices = st.integers(1, 3).flatmap(lambda rows: arrays(np.float32, (rows, 2), elements=floats))
PLAIN = Table(Schema(features=(Feature(name="a"), Feature(name="b")), target="t", classes=("x", "y")), max_rows=3)


def as_json(*rows: Any) -> bytes:
    return json.dumps({"instances": rows}).encode()


def refused(parse: Any, body: bytes, table: Table = TABLE) -> dict[str, Any]:
    with pytest.raises(InputError) as raised:
        parse(body, table)
    return raised.value.body()


def test_rows_by_position_by_name_and_by_line_are_the_same_rows() -> None:
    named = dict(zip(reversed(SCHEMA.names), reversed(GOOD), strict=True))
    by_position = parse_json(as_json(GOOD), TABLE)
    assert by_position.dtype == np.float32
    assert by_position.tolist() == [[np.float32(0.1), 3, 1, -2.5]]
    assert np.array_equal(parse_json(as_json(named), TABLE), by_position)
    assert np.array_equal(parse_csv(b"0.1,3,1,-2.5\r\n", TABLE), by_position)
    assert np.array_equal(parse_npy(write_npy(by_position), TABLE), by_position)
    assert parse_csv(b'0,1,"de la x",1e3\n0,1,CH,1\n', TABLE)[:, 2].tolist() == [2, 0]


@pytest.mark.parametrize(
    ("row", "error", "feature"),
    [
        ([0.1, 3, "1"], "wrong number of features", None),
        ([0.1, 3, "1", 1, 1], "wrong number of features", None),
        (3, "a row must be", None),
        (None, "a row must be", None),
        (["1", 3, "1", 1], "not a number", "amount"),
        ([None, 3, "1", 1], "not a number", "amount"),
        ([0, True, "1", 1], "not a number", "visits"),
        ([0, [1], "1", 1], "not a number", "visits"),
        ([0, 1.5, "1", 1], "not a whole number", "visits"),
        ([0, -1, "1", 1], "out of bounds", "visits"),
        ([0.11, 1, "1", 1], "out of bounds", "amount"),
        ([0, 1, "FR", 1], "unknown category", "country"),
        ([0, 1, 1, 1], "unknown category", "country"),
        ([0, 1, [], 1], "unknown category", "country"),
        ([0, 1, "1", float("nan")], "not a finite number", "free"),
        ([0, 1, "1", float("inf")], "not a finite number", "free"),
        ([0, 1, "1", 1e300], "not a finite number", "free"),
        ([0, 1, "1", 10**400], "not a finite number", "free"),
        ({"amount": 0, "visits": 1, "country": "1"}, "missing feature", "free"),
        ({"amount": 0, "visits": 1, "country": "1", "free": 1, "more": 1}, "unknown feature", None),
    ],
)
def test_a_bad_row_is_named_with_what_is_allowed(row: Any, error: str, feature: str | None) -> None:
    said = refused(parse_json, as_json(GOOD, row))
    assert said["error"].startswith(error)
    assert said["where"] == ({"row": 1, "feature": feature} if feature else {"row": 1})
    assert said["allowed"]


def test_the_refusal_shows_value_and_bounds() -> None:
    assert refused(parse_json, as_json([0.5, 1, "1", 1])) == {
        "error": "out of bounds",
        "got": "0.5",
        "allowed": "a number from -10 to 0.1",
        "where": {"row": 0, "feature": "amount"},
    }


def test_infinity_is_refused_under_bounds_that_float32_cannot_hold() -> None:
    wide = Schema(features=(Feature(name="a", minimum=-1e300, maximum=1e300),), target="t", classes=("x", "y"))
    assert refused(parse_json, as_json([float("inf")]), Table(wide, max_rows=1))["error"] == "not a finite number"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "malformed JSON"),
        (b"{", "malformed JSON"),
        (b'{"instances": [[1,2]]} trailing', "malformed JSON"),
        (b"[" * 100_000, "malformed JSON"),
        (b"\xff\xfe", "malformed JSON"),
        (b"[[1, 2]]", "a JSON request is an object"),
        (b'{"inputs": [[1, 2]]}', "a JSON request is an object"),
        (b'{"instances": [], "more": 1}', "a JSON request is an object"),
        (b'{"instances": 3}', "'instances' must be an array"),
        (b'{"instances": []}', "wrong number of rows"),
        (as_json(*[[1, 2]] * 4), "wrong number of rows"),
    ],
)
def test_a_bad_document_is_refused_with_the_form_that_is_allowed(body: bytes, error: str) -> None:
    said = refused(parse_json, body, PLAIN)
    assert said["error"].startswith(error)
    assert said["allowed"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "wrong number of rows"),
        (b"a,b\n1,2\n", "not a number"),
        (b"1,2\n\n1,2", "wrong number of features"),
        (b"1;2", "wrong number of features"),
        (b"1,", "not a number"),
        (b"1,1_0", "not a number"),
        (b"1,nan", "not a finite number"),
        (b'1,"2', "malformed CSV"),
        (b"1,\xff", "malformed CSV"),
    ],
)
def test_bad_lines_are_refused(body: bytes, error: str) -> None:
    assert refused(parse_csv, body, PLAIN)["error"].startswith(error)


def saved(values: Any, *, pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=pickle)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "not a .npy file"),
        (saved(np.zeros((1, 2))), "not a .npy file"),
        (saved(np.zeros((1, 2), dtype=">f4")), "not a .npy file"),
        (saved(np.zeros(2, dtype=np.float32)), "not a .npy file"),
        (saved(np.zeros((2, 2), dtype=np.float32, order="F")), "not a .npy file"),
        (saved(np.array([[{}]]), pickle=True), "not a .npy file"),
        (saved(np.zeros((1, 2), dtype=np.float32))[:-1], "the .npy data is not as long"),
        (saved(np.zeros((1, 2), dtype=np.float32)) + b"x", "the .npy data is not as long"),
        (saved(np.zeros((0, 2), dtype=np.float32)), "wrong number of rows"),
        (saved(np.zeros((1, 0), dtype=np.float32)), "wrong number of features"),
        (saved(np.zeros((4, 2), dtype=np.float32)), "wrong number of rows"),
        (saved(np.full((1, 2), np.nan, dtype=np.float32)), "not a finite number"),
    ],
)
def test_other_npy_files_are_refused(body: bytes, error: str) -> None:
    assert refused(parse_npy, body, PLAIN)["error"].startswith(error)


def test_our_npy_bytes_are_numpy_s() -> None:
    for shape in [(1, 2), (3, 30), (12345, 1)]:
        values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        assert write_npy(values) == saved(values)


@given(matrices)
def test_every_matrix_survives_every_content_type(values: Matrix) -> None:
    lines = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    for kind, body in {
        "application/json": as_json(*values.tolist()),
        "text/csv": lines.encode(),
        "application/x-npy": saved(values),
    }.items():
        assert np.array_equal(PARSERS[kind](body, PLAIN), values)


@given(arrays(np.float32, (2, 2), elements=st.floats(0, 1, width=32)))
def test_every_answer_says_the_same_probabilities(probabilities: Matrix) -> None:
    classes = ("x", "y")
    answer = json.loads(ENCODERS["application/json"](probabilities, classes))
    assert np.array_equal(np.array(answer["probabilities"], dtype=np.float32), probabilities)
    assert answer["predictions"] == [classes[index] for index in probabilities.argmax(axis=1)]
    lines = [line.split(",") for line in ENCODERS["text/csv"](probabilities, classes).decode().splitlines()]
    assert [line[0] for line in lines] == answer["predictions"]
    assert np.array_equal(np.array([line[1:] for line in lines], dtype=np.float32), probabilities)
    assert np.array_equal(read_npy(ENCODERS["application/x-npy"](probabilities, classes)), probabilities)


noise = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    ).map(lambda value: json.dumps({"instances": value}).encode()),
    st.text(alphabet='0123456789.,-"\ne_ xCH', max_size=40).map(str.encode),
    st.tuples(st.integers(0, 140), st.binary(min_size=1, max_size=4)).map(
        lambda cut: saved(np.zeros((1, 4), dtype=np.float32))[: cut[0]] + cut[1]
    ),
)


@settings(max_examples=300)
@given(noise, st.sampled_from(sorted(PARSERS)))
def test_no_bytes_raise_anything_but_a_refusal_that_json_can_carry(body: bytes, kind: str) -> None:
    refusal, values = None, np.empty(0)
    try:
        values = PARSERS[kind](body, TABLE)
    except InputError as error:
        refusal = error
    assert refusal is None or (refusal.status == 400 and len(json.dumps(refusal.body())) < 1000)
    assert refusal is not None or (values.dtype == np.float32 and np.isfinite(values).all())


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"", "application/json"),
        (b"*/*", "application/json"),
        (b"text/csv", "text/csv"),
        (b"TEXT/CSV; charset=utf-8", "text/csv"),
        (b"text/html, application/x-npy", "application/x-npy"),
        (b"text/csv;q=0.5, application/x-npy;q=0.9", "application/x-npy"),
        (b"text/*", "text/csv"),
    ],
)
def test_the_answer_s_type_is_the_caller_s_choice(header: bytes, kind: str) -> None:
    assert accepted(header) == kind


@pytest.mark.parametrize("header", [b"text/html", b"text/csv;q=0", b"text/csv;q=much"])
def test_a_type_that_we_do_not_speak_is_refused(header: bytes) -> None:
    with pytest.raises(InputError) as raised:
        accepted(header)
    assert raised.value.status == 406


def test_parameters_of_a_content_type_do_not_matter() -> None:
    assert media_type(b" Application/JSON ; charset=utf-8") == "application/json"
