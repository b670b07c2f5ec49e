"""A carried data set as the CSV that a pipeline takes."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from model_code.contract import load_spec
from model_code.dataset import DataError, Dataset, as_csv
from model_code.gates.conform import Limits, conform, dataset
from model_code.gates.frame import read


@pytest.mark.parametrize("code", ["breast_cancer", "digits"])
def test_an_example_is_the_carried_rows_and_passes_the_data_gate(code: str) -> None:
    data, spec = importlib.import_module(f"model_code.{code}.data"), load_spec(code)
    frame = read({"data.csv": data.example().encode()})
    assert [found for found in conform(frame, spec.inputs, Limits()) if found.severity == "stop"] == []
    back, carried = dataset(frame, spec.inputs), data.load()
    assert np.array_equal(back.values, carried.values)
    assert np.array_equal(back.labels, carried.labels)


def test_rows_of_another_schema_are_refused() -> None:
    rows = Dataset(values=np.zeros((1, 2), dtype=np.float32), labels=np.zeros(1, dtype=np.int64), sha256="")
    with pytest.raises(DataError, match=r"got 2 columns; allowed: 64, as spec\.py says"):
        as_csv(rows, load_spec("digits").inputs)
