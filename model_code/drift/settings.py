"""How often a monitor may be wrong, and how small a change is nobody's concern."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from model_code.drift.errors import DriftError


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """Settings of a monitor. Raises DriftError for one out of its range.

    The smallest changes keep what is certain but does not matter (a shift of 0.01 standard deviations over a million
    rows) from being an alarm. 0.02 in PSI is what moving a normal column by 0.14 of its standard deviation makes.
    """

    false_alarms_per_month: float = 0.1
    """Windows that alarm in a month without any drift, on average; all features and tests together."""
    windows_per_month: float = 30.0
    smallest_psi: float = 0.02
    smallest_ks: float = 0.05
    smallest_wasserstein: float = 0.1
    smallest_rate: float = 0.01
    """Of missing, unusable, out-of-range and new values: the difference between the two shares of rows."""
    smallest_joint: float = 0.02
    least_rows: int = 100
    """A window or baseline below it is looked through for faults and not tested."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                raise DriftError(
                    f"{one.name}: a number of at least 0, got {value!r}; correct it in the monitor's settings"
                )
        for name in ("windows_per_month", "false_alarms_per_month", "least_rows"):
            if not getattr(self, name):
                raise DriftError(f"{name}: above 0, got 0; correct it in the monitor's settings")
        if self.alpha > 0.2:
            raise DriftError(
                f"false_alarms_per_month: at most a fifth of windows_per_month ({self.windows_per_month:g}), got "
                f"{self.false_alarms_per_month:g}; more would be an alarm that says nothing"
            )

    @property
    def alpha(self) -> float:
        """The probability that one window alarms without drift."""
        return self.false_alarms_per_month / self.windows_per_month
