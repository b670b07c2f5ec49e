"""What every test and interval here asks of its arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping

from model_code.errors import UnusableError


def fraction(name: str, value: float) -> float:
    """The value, if it lies strictly between 0 and 1; raises UnusableError otherwise."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
        raise UnusableError(f"{name}: got {value!r}; allowed: a number above 0 and below 1")
    return value


def count(name: str, value: int, *, least: int = 0) -> int:
    """The value, if it is a whole number of at least `least`; raises UnusableError otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UnusableError(f"{name}: got {value!r}; allowed: a whole number of at least {least}")
    return value


def finite(name: str, value: float) -> float:
    """The value, if it is a finite number; raises UnusableError otherwise."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise UnusableError(f"{name}: got {value!r}; allowed: a finite number")
    return value


def positive(name: str, value: float) -> float:
    """The value, if it is a finite number above 0; raises UnusableError otherwise."""
    if finite(name, value) <= 0:
        raise UnusableError(f"{name}: got {value!r}; allowed: a finite number above 0")
    return value


def shares(name: str, value: Mapping[str, float]) -> Mapping[str, float]:
    """The value, if it names at least two shares above 0 that add up to 1; raises UnusableError otherwise."""
    for key, share in value.items():
        fraction(f"{name}[{key!r}]", share)
    if len(value) < 2 or not math.isclose(math.fsum(value.values()), 1, abs_tol=1e-9):
        raise UnusableError(f"{name}: got {dict(value)!r}; allowed: two or more shares that add up to 1")
    return value
