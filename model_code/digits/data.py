"""Optical Recognition of Handwritten Digits, 1998: 1,797 real images, in the file that scikit-learn carries."""

from __future__ import annotations

from model_code.dataset import Dataset, Labels, as_csv, carried_by_scikit_learn
from model_code.digits.spec import SPEC
from model_code.table import Matrix


def load() -> Dataset:
    """All rows, pixels in spec.py's order, labels as positions in its classes."""
    return carried_by_scikit_learn("digits.csv.gz")


def example() -> str:
    """`load` as CSV: what `takeoff dataset upload` stores without a file."""
    return as_csv(load(), SPEC.inputs)


def held_out() -> tuple[Matrix, Labels]:
    """The rows that no version is trained on: float32 pixels [rows, 64] and their labels."""
    rows = load().split()[1]
    return rows.values, rows.labels
