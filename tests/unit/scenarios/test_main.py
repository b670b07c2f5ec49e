"""`python -m scenarios`: what it runs, what it ends with, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios import __main__ as command
from scenarios.stage import Stage
from scenarios.verdict import StoppedError, Verdict
from takeoff import stack as stacks
from takeoff.stack import CommandError, DeployedModel, DeployedStack


def model(name: str, endpoint: str) -> DeployedModel:
    return DeployedModel(name=name, code="risk", owner="a@example.com", traffic={}, versions=[], endpoint=endpoint)


def stack(*, offers: str = "takeoff-s-offers") -> DeployedStack:
    models = {"risk": model("risk", "takeoff-s-risk"), "offers": model("offers", offers)}
    return DeployedStack(name="s", bucket="b", rollout="arn", models=models)


def holds(stage: Stage, verdict: Verdict) -> None:
    """What holds. And more about it."""
    verdict.note(f"on {stage.account.model.name} at {stage.speed:g}", fine=True)


def fails(stage: Stage, verdict: Verdict) -> None:
    """What fails."""
    verdict.note("<b>not</b> so", fine=False)


def stops(stage: Stage, verdict: Verdict) -> None:
    """What stops."""
    verdict.note("first this", fine=True)
    raise StoppedError("a canary: not after 3 s")


def says_nothing(stage: Stage, verdict: Verdict) -> None:
    """What proves nothing."""


@pytest.fixture
def chart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    played = {"a": (holds, "risk"), "b": (fails, "risk"), "c": (stops, "risk"), "d": (says_nothing, "risk")}
    monkeypatch.setattr(command, "SCENARIOS", {**played, "i": (holds, "offers")})
    monkeypatch.setattr(stacks, "read", lambda name: stack())
    return tmp_path / "made/loop.html"


def run(chart: Path, letters: str, *more: str) -> int:
    return command.main(["--stack", "s", "--chart", str(chart), "--only", letters, *more])


def test_every_letter_of_the_issue_is_a_scenario_that_says_what_it_is() -> None:
    assert "".join(command.SCENARIOS) == "abcdefghij"
    assert {model for _, model in command.SCENARIOS.values()} == {"risk", "offers"}
    assert [letter for letter, (scenario, _) in command.SCENARIOS.items() if not scenario.__doc__] == []


@pytest.mark.parametrize(("letters", "status"), [("a", 0), ("ai", 0), ("ab", 1), ("c", 1), ("d", 1), ("ca", 1)])
def test_it_ends_well_when_every_verdict_is_fine(letters: str, status: int, chart: Path) -> None:
    assert run(chart, letters) == status


def test_each_scenario_plays_on_its_model_at_the_speed_that_is_given(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(chart, "ai", "--speed", "60", "--json") == 0
    printed = capsys.readouterr()
    said = json.loads(printed.out)
    assert [one["facts"] for one in said] == [
        [{"text": f"on {name} at 60", "fine": True}] for name in ("risk", "offers")
    ]
    assert [(one["scenario"], one["title"], one["fine"]) for one in said] == [
        ("a", "What holds", True),
        ("i", "What holds", True),
    ]
    assert "2 of 2 scenarios" in printed.err


def test_one_that_stops_keeps_its_facts_says_why_and_the_next_one_runs(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(chart, "ca", "--json") == 1
    stopped, held = json.loads(capsys.readouterr().out)
    assert [fact["text"] for fact in stopped["facts"]] == ["first this", "StoppedError: a canary: not after 3 s"]
    assert (stopped["fine"], held["fine"]) == (False, True)


def test_the_chart_is_written_after_every_scenario(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def interrupted(stage: Stage, verdict: Verdict) -> None:
        """What somebody interrupts."""
        seen.append(chart.read_text())
        raise KeyboardInterrupt

    monkeypatch.setitem(command.SCENARIOS, "b", (interrupted, "risk"))
    with pytest.raises(KeyboardInterrupt):
        run(chart, "ab")
    assert ["1 of 1 scenarios" in text for text in seen] == [True]
    assert "loop on s" in chart.read_text()
    assert [one["scenario"] for one in json.loads(chart.with_suffix(".json").read_text())] == ["a"]


@pytest.mark.parametrize("letters", ["", "az", "9"])
def test_letters_that_are_no_scenarios_are_refused_with_those_that_are(
    letters: str, chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(chart, letters)
    assert ended.value.code == 2
    assert "letters of abcdi" in capsys.readouterr().err


def test_a_model_without_an_endpoint_and_a_stack_that_is_not_there_are_one_line(
    chart: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stacks, "read", lambda name: stack(offers=""))
    assert run(chart, "ai") == 2
    assert capsys.readouterr().err == "takeoff: stack s: offers has no endpoint yet; deploy it first\n"

    def absent(name: str) -> DeployedStack:
        raise CommandError(f"stack {name} is not deployed")

    monkeypatch.setattr(stacks, "read", absent)
    assert run(chart, "a") == 2
    assert capsys.readouterr().err == "takeoff: stack s is not deployed\n"
    assert not chart.exists()
