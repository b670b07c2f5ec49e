"""Which schedules Kubernetes takes."""

from __future__ import annotations

import pytest

from catalog.cron import refusal


@pytest.mark.parametrize("schedule", ["* * * * *", "15 3 * * *", "*/5 0-6 1,15 1-12/3 0", "0 0 31 12 6"])
def test_five_fields_of_cron_are_taken(schedule: str) -> None:
    assert refusal(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("", "0 fields, not 5"),
        ("0 3 * * ? *", "6 fields, not 5"),
        ("60 * * * *", "'60' for the minute"),
        ("0 24 * * *", "'24' for the hour"),
        ("0 0 0 * *", "'0' for the day of the month"),
        ("0 0 * 13 *", "'13' for the month"),
        ("0 0 * * 7", "'7' for the day of the week"),
        ("0 0 * * MON", "'MON' for the day of the week"),
        ("30-10 * * * *", "'30-10' for the minute"),
        ("*/0 * * * *", "'*/0' for the minute"),
        ("1, * * * *", "'1,' for the minute"),
    ],
)
def test_anything_else_is_refused_by_its_field(schedule: str, said: str) -> None:
    assert said in str(refusal(schedule))
