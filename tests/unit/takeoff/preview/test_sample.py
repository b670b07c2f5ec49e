"""The sample comment in the documentation is what the report makes today."""

from __future__ import annotations

from tests.unit.takeoff.preview import sample


def test_the_sample_is_fresh() -> None:
    assert sample.FILE.read_text() == sample.comment(), f"stale; write it anew: {sample.COMMAND}"


def test_the_sample_shows_what_the_report_is_for() -> None:
    text = sample.FILE.read_text()
    for words in (
        "main 95 → 50 %, candidate 5 → 50 %",
        "main: version 111111111111 → 333333333333",
        "candidate: ml.m5.large → ml.m5.xlarge",
        "objects older than 14 days go; they were kept 30 days",
        "<summary><b>Readiness</b>",
    ):
        assert words in text, words
