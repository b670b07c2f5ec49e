"""The times and bills of `make simulate` as figures."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import results, simulate
from benchmarks.simulate import figures
from local.simulate.bill import Bill
from local.simulate.command import COST
from local.simulate.outcome import Outcome
from scenarios.verdict import Verdict


def played(name: str, *, fine: bool = True, wrong: int = 0, took: float | None = None) -> Outcome:
    verdict = Verdict(name, "t")
    verdict.note("so", fine=fine)
    outcome = Outcome(verdict, nodes=3, pods=50, wrong=wrong)
    if took is not None:
        outcome.to_running, outcome.to_zero = took, 29.0
    return outcome


def bill(usd: float) -> Bill:
    return Bill(nodes={}, usd=Decimal(str(usd)))


def left(folder: Path, *outcomes: Outcome) -> Path:
    """The file as `make simulate` leaves it."""
    file = folder / "simulate.json"
    file.write_text(json.dumps([one.document() for one in outcomes]))
    return file


def test_a_scenario_has_its_times_and_all_of_them_one_bill(tmp_path: Path) -> None:
    total = played(COST)
    total.predicted, total.provisioned = bill(2.0), bill(2.1)
    found = [one.document() for one in figures(left(tmp_path, played("cpu", took=5.3), played("selector"), total))]
    assert [(one["name"], one["median"], one["verdict"]) for one in found] == [
        ("`make simulate`, cpu: 50 pods on 3 nodes at most, until all run", 5.3, ""),
        ("`make simulate`, cpu: until no node is left", 29, ""),
        ("`make simulate`, cost: bought by predicted", 1.05, ""),
        ("`make simulate`: pods on a wrong pool", 0, "met"),
    ]


def test_one_pod_on_a_wrong_pool_misses_the_goal(tmp_path: Path) -> None:
    *_, last = figures(left(tmp_path, played("cpu", wrong=1), played("gpu")))
    assert last.document()["verdict"] == "missed"


def test_they_are_kept_beside_the_last_full_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "VERDICTS", left(tmp_path, played("cpu", took=5.3)))
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(results, "README", tmp_path / "README.md")
    results.README.write_text(f"{results.BEGIN}\n{results.END}\n")
    results.write("latest", results.document(results.about(), []))
    assert bench.main(["--simulate"]) == 0
    assert list(results.read()) == ["latest", "simulate"]
    assert "| `make simulate`, cpu: until no node is left | 29 s |" in results.README.read_text()


def test_scenarios_that_failed_have_no_figures(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="scenarios that failed: spot;"):
        figures(left(tmp_path, played("cpu"), played("spot", fine=False)))
    with pytest.raises(SystemExit, match="play the scenarios first: make simulate"):
        figures(tmp_path / "nowhere.json")
