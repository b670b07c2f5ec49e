"""The data gate on real rows and on corrupted copies of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from model_code.breast_cancer.spec import SPEC
from model_code.contract import Feature, ModelSpec, Schema
from model_code.dataset import DataError, Dataset
from model_code.digits.data import load as digits
from model_code.digits.spec import SPEC as DIGITS
from model_code.gates.conform import dataset
from model_code.gates.frame import read, to_csv
from model_code.gates.report import Identity
from model_code.gates.shift import Tolerance, compared
from model_code.gates.summary import Summary, summary
from model_code.gates.validate import DataReport, validate
from model_code.table import Matrix
from tests.unit.gates.samples import ROWS, SCHEMA, changed, file_of, names, noisy, part

BEFORE = summary(ROWS, SCHEMA, "v1")
NOW = Identity(data="v2")


def judged(files: dict[str, bytes], before: Summary | None = BEFORE) -> DataReport:
    return validate(files, SPEC, NOW, before)[0]


def edited(edit: Callable[[list[list[str]]], object]) -> dict[str, bytes]:
    """The real file with its cells changed, the header being row 0."""
    rows = list(csv.reader(io.StringIO(file_of(ROWS)["rows.csv"].decode())))
    rows = edit(rows) or rows  # type: ignore[assignment]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return {"rows.csv": text.getvalue().encode()}


def put(column: int, cell: str, row: int = 5) -> Callable[[list[list[str]]], None]:
    def edit(rows: list[list[str]]) -> None:
        rows[row][column] = cell

    return edit


def test_the_accepted_data_pass_beside_themselves_and_every_float32_comes_back() -> None:
    report, now = validate(file_of(ROWS), SPEC, NOW, BEFORE)
    assert report.passed
    assert report.before == "v1"
    assert now == replace(BEFORE, data="v2")
    again = dataset(read(file_of(ROWS)), SCHEMA)
    assert again.values.tobytes() == ROWS.values.tobytes()
    assert again.labels.tolist() == ROWS.labels.tolist()


def test_a_first_data_set_needs_nothing_before_it() -> None:
    report = judged(file_of(ROWS), None)
    assert report.passed
    assert names(report.findings, "note") == {"first"}


@pytest.mark.parametrize(
    ("edit", "finding", "where"),
    [
        (lambda rows: [row[1:] for row in rows], "column-missing", "mean_radius"),
        (lambda rows: [row[:-1] for row in rows], "column-missing", "diagnosis"),
        (lambda rows: [[*row, "1"] for row in rows], "column-unknown", "1"),
        (put(1, "mean_radius", row=0), "column-twice", "mean_radius"),
        (lambda rows: [[row[1], row[0], *row[2:]] for row in rows], "columns-order", "mean_texture"),
        (lambda rows: [*rows[:9], rows[9][:7]], "ragged-row", ""),
        (lambda rows: rows[:50], "too-few-rows", ""),
        (lambda rows: rows[:1], "too-few-rows", ""),
        (put(0, ""), "missing", "mean_radius"),
        (put(0, "NaN"), "missing", "mean_radius"),
        (put(3, "big"), "not-a-number", "mean_area"),
        (put(3, "1_0"), "not-a-number", "mean_area"),
        (put(3, "inf"), "not-finite", "mean_area"),
        (put(3, "1e300"), "out-of-range", "mean_area"),
        (put(3, "-1"), "out-of-range", "mean_area"),
        (put(30, "unsure"), "unknown-class", "diagnosis"),
        (put(30, ""), "unknown-class", "diagnosis"),
        (lambda rows: [row for row in rows if row[30] != "benign"], "too-few-of-class", "benign"),
        (lambda rows: [*rows, *rows[1:100]], "duplicates", ""),
    ],
)
def test_every_breach_of_the_schema_has_a_name_and_a_place(
    edit: Callable[[list[list[str]]], object], finding: str, where: str
) -> None:
    report, now = validate(edited(edit), SPEC, NOW, BEFORE)
    assert (finding, where) in {(one.name, one.where) for one in report.findings if one.severity == "stop"}
    assert not report.passed
    assert now is None
    json.loads(report.to_json())


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'a,b\n"1,2'])
def test_bytes_that_are_no_csv_are_a_finding_and_not_a_traceback(content: bytes) -> None:
    assert names(judged({"rows.csv": content}).findings) == {"unreadable"}


def test_files_of_other_columns_and_no_file_at_all_are_findings() -> None:
    assert names(judged({}).findings) == {"unreadable"}
    assert names(judged({**file_of(ROWS), "z.csv": b"a,b\n1,2\n"}).findings) == {"unreadable"}


def swap(one: int, other: int) -> Callable[[Matrix], None]:
    def change(values: Matrix) -> None:
        values[:, [one, other]] = values[:, [other, one]]

    return change


def scale(column: int, factor: float) -> Callable[[Matrix], None]:
    def change(values: Matrix) -> None:
        values[:, column] *= factor

    return change


@pytest.mark.parametrize(
    ("data", "finding", "where"),
    [
        (changed(ROWS, scale(0, 1 / 2.54)), "shifted", "mean_radius"),  # inches for centimetres, all within range
        (changed(ROWS, scale(23, 0.01)), "shifted", "worst_area"),
        (changed(ROWS, swap(0, 1)), "shifted", "mean_texture"),  # the values change places, the names do not
        (changed(ROWS, swap(5, 6)), "shifted", "mean_concavity"),
        (noisy(ROWS, 0.2, 3), "association", "worst_perimeter"),
        (part(ROWS, slice(0, 400)), "row-count", ""),  # truncated
        (part(ROWS, np.flatnonzero((ROWS.labels == 1) | (np.arange(569) % 3 == 0))), "class-balance", ""),
    ],
)
def test_data_that_keep_to_the_schema_and_not_to_the_last_ones_stop(data: Dataset, finding: str, where: str) -> None:
    found = judged(file_of(data)).findings
    assert (finding, where) in {(one.name, one.where) for one in found if one.severity == "stop"}


def test_a_shift_tells_the_medians_so_that_a_unit_can_be_guessed() -> None:
    found = judged(file_of(changed(ROWS, scale(0, 0.1)))).findings
    text = next(one.text for one in found if one.where == "mean_radius")
    assert "median 13.37 to 1.337" in text


def halves(seed: int) -> tuple[Dataset, Dataset]:
    order = np.random.default_rng(seed).permutation(len(ROWS.labels))
    return part(ROWS, order[:284]), part(ROWS, order[284:])


def test_samples_of_one_distribution_are_stopped_no_more_often_than_promised() -> None:
    """Without the limits that a difference has to pass besides, and at a level where alarms would be seen."""
    bare = Tolerance(false_alarms=0.2, distance=0, balance=0, association=0)
    alarms = 0
    for seed in range(60):
        before, now = halves(seed)
        there, here = summary(before, SCHEMA, "1"), summary(now, SCHEMA, "2")
        alarms += bool(compared(now, here, there, bare)[1])
        assert compared(now, here, there, Tolerance())[1] == ()
    assert alarms <= 18


def test_the_test_grows_stricter_with_the_rows_and_never_below_what_matters() -> None:
    """The same shift of a fifth of a deviation: chance at 284 rows, certain at 20,000; a tiny one never stops."""
    random = np.random.default_rng(4)

    def stops(rows: int, by: float) -> bool:
        schema = Schema(features=(Feature(name="x"),), target="y", classes=("a", "b"))
        labels = np.arange(rows) % 2
        before, now = (
            Dataset(values=(random.normal(size=(rows, 1)) + off).astype(np.float32), labels=labels, sha256="")
            for off in (0, by)
        )
        tolerance = Tolerance(distance=0.05)
        found = compared(now, summary(now, schema, "2"), summary(before, schema, "1"), tolerance)[1]
        return any(one.name == "shifted" for one in found)

    assert [stops(284, 0.2), stops(20_000, 0.2), stops(20_000, 0.05)] == [False, True, False]


def test_constant_pixels_of_real_images_are_notes() -> None:
    data = digits()
    files = {"digits.csv": to_csv(DIGITS.inputs, data.values, data.labels)}
    report, now = validate(files, DIGITS, NOW, None)
    assert report.passed
    assert {one.where for one in report.findings if one.name == "constant"} >= {"row_0_column_0"}
    assert now is not None
    assert Summary.read(now.to_json(), DIGITS.inputs) == now
    assert validate(files, DIGITS, NOW, now)[0].passed
    off = to_csv(DIGITS.inputs, np.roll(data.values, 1, axis=1), data.labels)
    assert "shifted" in names(validate({"digits.csv": off}, DIGITS, NOW, now)[0].findings)


MIXED = ModelSpec(
    name="mixed",
    description="",
    inputs=Schema(
        features=(
            Feature(name="colour", categories=("red", "none"), dtype="category"),
            Feature(name="n", dtype="integer"),
        ),
        target="y",
        classes=("a", "b"),
    ),
)


def test_categories_are_labels_and_integers_are_whole() -> None:
    rows = [f"{('red', 'none')[at // 2 % 2]},{at},{'ab'[at % 2]}" for at in range(120)]
    good = "\n".join(["colour,n,y", *rows]).encode()
    assert validate({"x.csv": good}, MIXED, NOW, None)[0].passed
    bad = good.replace(b"red,4,", b"blue,4.5,").replace(b"none,7,", b",7,")
    found = validate({"x.csv": bad}, MIXED, NOW, None)[0].findings
    assert names(found) == {"unknown-category", "not-whole", "missing"}


def test_declared_extra_columns_may_be_there_and_must_be() -> None:
    files = {"rows.csv": to_csv(SCHEMA, ROWS.values, ROWS.labels, {"patient": [str(at) for at in range(569)]})}
    assert names(judged(files).findings) == {"column-unknown"}
    assert validate(files, SPEC, NOW, BEFORE, extra=["patient"])[0].passed
    assert names(validate(files, SPEC, NOW, BEFORE, extra=["patient", "sex"])[0].findings) == {"column-missing"}


def test_a_baseline_of_another_schema_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="another schema"):
        Summary.read(BEFORE.to_json(), DIGITS.inputs)
    with pytest.raises(DataError, match="no summary"):
        Summary.read("[]", SCHEMA)
