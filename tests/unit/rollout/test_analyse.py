"""The pure step of a canary: what it remembers when shares change, and what it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.rollout_account import ANALYSIS, NEW, OLD, Account, Execution, record, wish
from catalog.analysis import Shadow, Step
from catalog.desired import Share
from model_code.rollout.analyse import analyse
from model_code.rollout.decide import Failed, Observed, UpdateCount, UpdateWeights
from model_code.rollout.evidence import Counts, Evidence, Missing, evidence_at
from model_code.rollout.records import State
from model_code.rollout.seen import Seen, trials
from model_code.rollout.steps import CompareShadow, Decide, Halt, Look
from tests.unit.rollout.accounts import account, at_canary, served_by

LOOSE = replace(ANALYSIS, tolerated=0.4, detect=0.4)
WISH = wish(OLD, NEW, analysis=LOOSE)
CONFIG = trials(WISH, OLD, NEW)["canary"]


def state(**known: Any) -> State:
    return replace(State(version=NEW, live=OLD, phase="canary", config=CONFIG, percent=10), **known)


def seen(percent: int, live: Counts, candidate: Counts, *, instances: int = 1, **known: Any) -> Seen:
    variants = {
        "main": Share(traffic=100 - percent, instances=instances),
        "candidate": Share(traffic=percent, instances=1),
    }
    asked: dict[str, Any] = {"wish": WISH, "approved": record(OLD), "candidate": record(NEW)}
    observed = Observed(status="InService", config=CONFIG, variants=variants, alarms=known.pop("alarms", {}))
    return Seen(observed=observed, found=Evidence(live=live, candidate=candidate), **asked | known)


LIVE, CANDIDATE = Counts(requests=900, bad=20), Counts(requests=100, bad=6)


def test_evidence_is_put_away_before_shares_change() -> None:
    looked = seen(10, LIVE, CANDIDATE)
    taken, after = analyse(looked, state(waited=60))
    assert taken == UpdateWeights({"main": 50, "candidate": 50})
    assert isinstance(looked.found, Evidence)
    assert after.earlier == evidence_at(LOOSE, state(), looked.found) != 0
    assert (after.base_live, after.base_candidate, after.base_requests) == (20, 6, 100)
    assert (after.percent, after.waited) == (50, 0)


def test_errors_at_a_share_that_somebody_else_asked_for_are_not_held_against_the_candidate() -> None:
    """Half of the requests and 60 of 120 errors: at the share of 10 % that is remembered that would be far too many."""
    looked = seen(50, Counts(requests=600, bad=60), Counts(requests=600, bad=60))
    taken, after = analyse(looked, state())
    assert taken == Look()
    assert (after.percent, after.base_candidate, after.base_live) == (50, 60, 60)
    harmed, _ = analyse(seen(10, Counts(requests=600, bad=60), Counts(requests=600, bad=60)), state())
    assert isinstance(harmed, Decide)


def test_the_first_look_that_speaks_against_a_candidate_is_remembered_while_it_does() -> None:
    suspicious = Counts(requests=100, bad=12)
    _, after = analyse(seen(10, LIVE, suspicious), state(spent=60, waited=0))
    assert after.suspect == 60
    _, later = analyse(
        seen(10, replace(LIVE, requests=1_800), replace(suspicious, requests=101)), replace(after, spent=120)
    )
    assert later.suspect == 60
    _, good = analyse(seen(10, Counts(requests=9_000, bad=900), Counts(requests=900, bad=12)), later)
    assert good.suspect == -1


def test_a_candidate_gets_as_many_instances_as_the_live_version_has_grown_to() -> None:
    taken, _ = analyse(seen(10, LIVE, CANDIDATE, instances=4), state(waited=60))
    assert taken == UpdateCount("candidate", 4)


def test_an_alarm_that_is_gone_halts() -> None:
    asked = wish(OLD, NEW, analysis=replace(LOOSE, alarms=("kpi",)))
    taken, _ = analyse(seen(10, LIVE, CANDIDATE, wish=asked), state())
    assert taken == Halt("alarms do not exist: kpi")
    taken, _ = analyse(seen(10, LIVE, CANDIDATE, wish=asked, alarms={"kpi": "OK"}), state())
    assert taken == Look()


def test_a_step_has_its_requests_and_its_seconds_before_the_next() -> None:
    few, many = Counts(requests=19), Counts(requests=20)
    for counts, waited, shifted in ((many, 59, False), (few, 60, False), (many, 60, True)):
        taken, after = analyse(seen(10, LIVE, counts), state(waited=waited))
        assert isinstance(taken, UpdateWeights) == shifted
        assert isinstance(taken, Look) != shifted
        assert after.percent == (50 if shifted else 10)


def test_missing_data_is_waited_for_as_often_as_the_analysis_says() -> None:
    nothing = replace(seen(10, LIVE, CANDIDATE), found=Missing("no sums today"))
    taken, after = analyse(nothing, state(silent=LOOSE.patience - 2))
    assert (taken, after.silent) == (Halt("no sums today"), LOOSE.patience - 1)
    taken, _ = analyse(nothing, after)
    assert isinstance(taken, Decide)
    assert (taken.decision.verdict, taken.decision.reason) == ("rejected", "no sums today; 5 looks in a row")


def test_a_shadow_answers_as_many_copies_as_were_asked_for() -> None:
    asked = wish(OLD, NEW, analysis=replace(LOOSE, shadow=Shadow(percent=100, requests=50)))
    configs = trials(asked, OLD, NEW)
    listening = state(phase="shadow", percent=0, config=configs["canary"])
    alone = Observed(status="InService", config=configs["shadow"], variants={"main": Share(traffic=100, instances=1)})
    for copies, step in ((49, Look), (50, CompareShadow)):
        looked = seen(0, LIVE, Counts(requests=copies), wish=asked)
        taken, after = analyse(replace(looked, observed=alone), listening)
        assert type(taken) is step
        assert after.phase == "shadow"


def test_scaling_stands_still_while_a_candidate_is_tried() -> None:
    """A variant whose traffic is taken away would lose its instances, and with them the way back."""
    found = account()
    execution = at_canary(found)
    assert found.suspended
    execution.run()
    assert not found.suspended


def test_a_frozen_model_gets_no_new_config_of_its_own_version_either() -> None:
    alone = Observed(status="InService", config="m-0", variants={"main": Share(traffic=100, instances=1)})
    looked = replace(seen(0, LIVE, CANDIDATE), observed=alone, candidate=None, frozen="bob: holidays")
    assert analyse(looked, State())[0] == Failed("frozen by bob: holidays")


def test_an_endpoint_that_cannot_be_moved_is_left_alone() -> None:
    broken = Observed(status="Failed", config="m-a", variants={}, reason="no image")
    taken, _ = analyse(replace(seen(0, LIVE, CANDIDATE), observed=broken), State())
    assert taken == Failed("endpoint is Failed: no image")


def test_an_analysis_that_makes_no_sense_is_refused_by_name() -> None:
    down = (Step(percent=50, requests=1, seconds=1), Step(percent=10, requests=1, seconds=1))
    found = Account(wish(OLD, NEW, analysis=replace(ANALYSIS, steps=down)))
    with pytest.raises(ValueError, match=r"analysis\.steps: got \[50, 10\]; allowed: "):
        Execution(found).step()
    assert found.history == []


def test_the_time_to_return_counts_what_aws_takes_too() -> None:
    seconds = []
    for slow in (1, 6):
        found = account(errors={NEW: 1.0})
        execution = at_canary(found)
        found.slow = slow
        execution.run()
        assert served_by(found)[0] == "m-a"
        seconds.append(found.told("outcome")["seconds_to_return"])
    assert seconds[1] >= seconds[0] + 5
