"""The times of `make loop` as figures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import loop, results
from benchmarks.loop import figures
from scenarios.verdict import Verdict


def left(folder: Path, *verdicts: Verdict) -> Path:
    """The file as `python -m scenarios` leaves it."""
    file = folder / "loop.json"
    file.write_text(json.dumps([{**dataclasses.asdict(one), "fine": one.fine} for one in verdicts]))
    return file


def played(letter: str, seconds: float | None) -> Verdict:
    verdict = Verdict(letter, "t")
    verdict.note("so", fine=True)
    if seconds is not None:
        verdict.within("from alarm to promotion", seconds, 120)
    return verdict


def test_each_time_that_has_a_limit_is_a_figure_with_that_goal(tmp_path: Path) -> None:
    found = [one.document() for one in figures(left(tmp_path, played("a", 71.26), played("b", None), played("h", 80)))]
    assert [(one["name"], one["median"], one["goal"], one["verdict"]) for one in found] == [
        ("`make loop`, a: from alarm to promotion", 71.3, 120, "met"),
        ("`make loop`, h: from alarm to promotion", 80, 120, "met"),
    ]


def test_they_are_kept_beside_the_last_full_run_and_in_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "VERDICTS", left(tmp_path, played("a", 71.26)))
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(results, "README", tmp_path / "README.md")
    results.README.write_text(f"{results.BEGIN}\n{results.END}\n")
    results.write("latest", results.document(results.about(), []))
    assert bench.main(["--loop"]) == 0
    assert list(results.read()) == ["latest", "loop"]
    assert "| `make loop`, a: from alarm to promotion | 71.3 s |" in results.README.read_text()
    assert "met" in capsys.readouterr().out


def test_a_loop_that_failed_has_no_figures(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="scenarios that failed: h;"):
        figures(left(tmp_path, played("a", 70), played("h", 130)))


def test_a_loop_that_was_not_played_or_has_no_such_time_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="play the scenarios first: make loop"):
        figures(tmp_path / "loop.json")
    with pytest.raises(SystemExit, match="make loop ARGS='--only a'"):
        figures(left(tmp_path, played("b", None)))
