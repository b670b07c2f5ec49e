"""Reading predictions and rollouts from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from takeoff.rollout import PATIENCE, Progress, wait
from takeoff.stack import CommandError, DeployedModel, parse
from takeoff.traffic import Answer, summarise

MODEL = {"code": "breast_cancer", "owner": "a@b", "traffic": {"main": 100}, "versions": ["approved"]}
OUTPUTS = {
    "bucket": "b",
    "rollout": "arn",
    "models": {"ready": {**MODEL, "endpoint": "e", "desired": "/p/desired"}, "young": {**MODEL, "next": "train it"}},
}


def test_shares_are_counted_over_answered_requests() -> None:
    answers = [Answer(variant="main", right=True)] * 3 + [Answer(variant="candidate")] + [Answer(error="gone")]
    report = summarise(answers, {"main": 90, "candidate": 10})
    assert [(row.variant, row.asked, row.observed, row.accuracy) for row in report.variants] == [
        ("main", 90, 75.0, 1.0),
        ("candidate", 10, 25.0, 0.0),
    ]
    assert report.failed == ("gone",)


def test_a_variant_that_never_answered_has_a_row() -> None:
    report = summarise([Answer(variant="main")], {"main": 100, "candidate": 0})
    assert [(row.variant, row.requests) for row in report.variants] == [("main", 1), ("candidate", 0)]


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match="got 'x'; allowed: ready, young"):
        parse("local", OUTPUTS).model("x")


def test_a_model_without_endpoint_is_left_out() -> None:
    assert [model.name for model in parse("local", OUTPUTS).hosted([])] == ["ready"]


def test_a_stack_without_any_endpoint_says_what_to_run() -> None:
    with pytest.raises(CommandError, match="young: no endpoint yet; next: train it"):
        parse("local", OUTPUTS).hosted(["young"])


def test_a_stack_that_was_never_deployed_says_so() -> None:
    with pytest.raises(CommandError, match="not deployed"):
        parse("local", {})


class Script:
    """Rollouts that follow a script of statuses, each with its reason after a comma, and count the starts."""

    def __init__(self, statuses: list[str], running: bool) -> None:
        self.statuses: Iterator[str] = iter(statuses)
        self.is_running, self.started = running, 0

    def progress(self, model: DeployedModel) -> Progress:
        status, _, reason = next(self.statuses).partition(", ")
        return Progress(
            model=model.name,
            status=status,
            reason=reason or "r",
            endpoint="e",
            config="c",
            desired_config="c",
            traffic={},
        )

    def running(self) -> bool:
        return self.is_running

    def start(self, model: DeployedModel) -> str:
        self.started += 1
        return "arn"


def follow(script: Script, timeout: float = 60, patience: float = PATIENCE) -> Progress:
    """`wait` on a clock of its own: sleeping moves it."""
    now = [0.0]
    model = parse("local", OUTPUTS).model("ready")
    return wait(
        script,  # type: ignore[arg-type]
        model,
        timeout,
        lambda _: None,
        patience=patience,
        clock=lambda: now[0],
        sleep=lambda seconds: now.__setitem__(0, now[0] + seconds),
    )


def test_waiting_ends_with_the_verdict() -> None:
    assert follow(Script(["running", "running", "failed"], running=True)).status == "failed"


def test_a_lost_event_is_made_good_once() -> None:
    script = Script(["running"] * 30 + ["succeeded"], running=False)
    assert (follow(script).status, script.started) == ("succeeded", 1)


def test_a_rollout_that_runs_is_not_started_again() -> None:
    script = Script(["running"] * 30 + ["succeeded"], running=True)
    assert (follow(script).status, script.started) == ("succeeded", 0)


def test_no_verdict_in_time_is_an_error_that_names_the_model() -> None:
    with pytest.raises(CommandError, match="rollout of ready: no verdict after 5 s"):
        follow(Script(["running"] * 100, running=True), timeout=5)


HALTED = "trying, halted: no requests since the last look"


@pytest.mark.parametrize("reason", [HALTED, "trying, paused by anna: looks odd", "trying, frozen by anna: no reason"])
def test_a_trial_that_stands_still_for_longer_than_patience_is_not_waited_for(reason: str) -> None:
    end = follow(Script([reason] * 100, running=True), patience=20)
    assert (end.status, end.still) == ("trying", True)
    assert f"trying, {end.reason}" == reason


def test_a_trial_that_moves_between_halts_is_waited_for_to_its_end() -> None:
    """Looks without data come now and then under traffic, above all where a clock runs fast."""
    script = Script([*([HALTED] * 8 + ["trying, to 10 %"]) * 5, "succeeded"], running=True)
    assert follow(script, patience=10).status == "succeeded"


def test_a_trial_that_moves_is_waited_for_beyond_patience() -> None:
    script = Script(["trying, 10 %: 31 requests are left of this step"] * 50 + ["succeeded"], running=True)
    assert follow(script, patience=5).status == "succeeded"


def test_a_halt_that_is_shorter_than_the_time_left_does_not_outlast_the_timeout() -> None:
    with pytest.raises(CommandError, match=r"no verdict after 5 s \(halted: no requests"):
        follow(Script([HALTED] * 100, running=True), timeout=5)
