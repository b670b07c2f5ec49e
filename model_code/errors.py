"""What can be wrong with a request or with a set-up, said so that whoever made it can mend it."""

from __future__ import annotations

from typing import Any


class UnusableError(ValueError):
    """A spec, a setting, an artifact or data set that nothing can start with; the text says what to mend."""


class InputError(ValueError):
    """A request that is not answered: what is wrong, what came, what is allowed, which row (from 0) and feature."""

    def __init__(
        self,
        what: str,
        *,
        got: object = None,
        allowed: object = None,
        row: int | None = None,
        feature: str | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(what)
        self.status = status
        self._got, self._allowed = got, allowed
        self._where = {"row": row, "feature": feature}

    def body(self) -> dict[str, Any]:
        """The answer's JSON object; keys that say nothing are left out."""
        where = {key: value for key, value in self._where.items() if value is not None}
        said = {"error": str(self), "got": _short(self._got), "allowed": self._allowed, "where": where}
        return {key: value for key, value in said.items() if value not in (None, {})}

    def __str__(self) -> str:
        return str(self.args[0])


def _short(value: object) -> object:
    """The value as an answer may carry it: a hostile request must not choose the size of its own refusal."""
    if isinstance(value, (list, dict)):
        return f"{'an array' if isinstance(value, list) else 'an object'} of {len(value)}"
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 53):
        return value
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
