"""What stops a drift comparison: the text says what came, what is allowed, and what to mend."""

from __future__ import annotations

from model_code.errors import UnusableError


class DriftError(UnusableError):
    """A baseline, a column, a stored profile or a setting that nothing can be judged with."""
