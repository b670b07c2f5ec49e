"""What people, pins and newer versions do to a rollout that is under way."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.rollout_account import (
    FOLDER,
    NEW,
    NEWER,
    OLD,
    Account,
    Execution,
    record,
    wish,
)
from catalog.analysis import Shadow
from model_code.rollout.trial import MOST_LOOKS
from tests.unit.rollout.accounts import (
    NEW_LIVES,
    OLD_LIVES,
    SMALL,
    account,
    at_canary,
    nothing_is_left,
    order,
    served_by,
)

# -- people


def test_a_paused_rollout_keeps_its_share_and_still_goes_back_on_harm() -> None:
    found = account()
    execution = at_canary(found)
    order(found, "pause")
    for _ in range(8):
        found.wait(execution.step()["seconds"])
    assert found.weights == {"main": 80, "candidate": 20}
    assert execution.event["reason"] == "paused by ann: a test"
    found.errors = {NEW: 1.0}
    execution.run()
    assert served_by(found) == OLD_LIVES


def test_a_resumed_rollout_goes_on() -> None:
    found = account()
    execution = at_canary(found)
    order(found, "pause")
    for _ in range(4):
        found.wait(execution.step()["seconds"])
    order(found, "none")
    execution.run()
    assert served_by(found) == NEW_LIVES


def test_a_pause_that_lasts_longer_than_an_executions_history_goes_back_without_a_verdict() -> None:
    found = account()
    execution = at_canary(found)
    order(found, "pause")
    execution.event["looks"] = MOST_LOOKS
    assert execution.run()["status"] == "succeeded"
    assert served_by(found) == OLD_LIVES
    assert found.decision(NEW) is None


def test_an_abort_goes_back_says_who_and_is_carried_out_once() -> None:
    found = account(versions=(OLD, NEW))
    execution = at_canary(found)
    order(found, "abort")
    execution.run()
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert (decision.verdict, decision.reason) == ("rejected", "aborted by ann: a test")
    found.says("candidate", **record(NEWER))
    found.wants(wish(OLD, NEWER, analysis=SMALL))
    Execution(found).run()
    assert found.told("approved")["version"] == NEWER, "the next candidate is not what the order was about"


def test_a_rollback_makes_the_version_before_live_at_once_and_the_other_is_not_tried_again() -> None:
    found = account()
    Execution(found).run()
    order(found, "rollback", NEW)
    calls = len(found.history)
    execution = Execution(found, "override")
    assert execution.run()["status"] == "succeeded"
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert (decision.verdict, decision.reason) == ("rolled-back", "rolled back by ann: a test")
    assert [each for each in found.history[calls:] if each.startswith("config")] == ["config m-a"]
    assert Execution(found).run()["status"] == "succeeded"
    assert served_by(found) == OLD_LIVES


def test_a_rollback_to_a_rejected_version_is_refused() -> None:
    found = account(errors={NEW: 1.0})
    Execution(found).run()
    order(found, "rollback")
    end = Execution(found).run()
    assert (end["status"], end["reason"]) == ("failed", f"nothing to roll back to: {NEW} was rejected")
    assert served_by(found) == OLD_LIVES
    assert Execution(found).run()["status"] == "succeeded", "the order has been answered"


def test_a_pin_is_served_and_nothing_is_tried_beside_it() -> None:
    found = Account(wish(OLD, NEW, analysis=SMALL, pinned=OLD), rate=3)
    assert Execution(found).run()["status"] == "succeeded"
    assert found.history == ["put outcome"]


def test_a_pin_to_the_version_that_waits_is_served_and_decides_nothing() -> None:
    found = Account(wish(OLD, NEW, analysis=SMALL, pinned=NEW), rate=3)
    assert Execution(found).run()["status"] == "succeeded"
    assert (found.config, found.weights, found.decision(NEW)) == ("m-b", {"main": 100}, None)
    assert found.told("approved")["version"] == OLD


def test_a_pin_mid_canary_ends_the_analysis_without_a_verdict() -> None:
    found = account()
    execution = at_canary(found)
    found.wants(wish(OLD, NEW, analysis=SMALL, pinned=OLD))
    execution.run()
    assert served_by(found) == OLD_LIVES
    assert found.decision(NEW) is None
    assert nothing_is_left(found)


def test_a_frozen_model_begins_nothing_and_says_who_froze_it() -> None:
    found = account()
    found.says("freeze", who="bob", why="holidays", at="now")
    assert Execution(found).run()["status"] == "succeeded"
    assert found.history == ["put outcome"]
    assert found.told("outcome")["reason"] == f"{NEW} waits: frozen by bob: holidays"


def test_a_freeze_of_the_stack_mid_canary_holds_and_harm_still_goes_back() -> None:
    found = account()
    execution = at_canary(found)
    found.parameters[f"{FOLDER.rpartition('/')[0]}/freeze"] = '{"who": "bob", "why": "holidays"}'
    for _ in range(6):
        found.wait(execution.step()["seconds"])
    assert found.weights == {"main": 80, "candidate": 20}
    assert execution.event["reason"] == "frozen by bob: holidays"
    found.errors = {NEW: 1.0}
    execution.run()
    assert served_by(found) == OLD_LIVES


# -- another version


def test_a_new_version_mid_canary_begins_an_analysis_of_its_own_from_the_approved_one() -> None:
    found = account(errors={NEW: 0.02})
    execution = at_canary(found)
    first = found.config
    found.wait(execution.step()["seconds"])
    found.says("candidate", **record(NEWER))
    found.wants(wish(OLD, NEWER, analysis=SMALL))
    execution.run()
    configs = [each.removeprefix("config ") for each in found.history if each.startswith("config")]
    assert configs == [first, "m-a", configs[2], "m-c"]
    assert configs[2] != first
    assert first not in found.configs
    assert (found.told("approved")["version"], found.told("candidate")["version"]) == (NEWER, OLD)
    assert found.decision(NEW) is None


def test_a_candidate_whose_release_is_not_deployed_yet_is_waited_for_on_the_approved_version() -> None:
    found = account()
    execution = at_canary(found)
    found.says("candidate", **record(NEWER))
    assert execution.run()["status"] == "succeeded"
    assert (found.config, found.weights) == ("m-a", {"main": 100})
    assert found.told("candidate")["version"] == NEWER


def test_an_analysis_that_nobody_remembers_begins_again_from_the_approved_version() -> None:
    found = account()
    execution = at_canary(found)
    del found.parameters[f"{FOLDER}/analysis"]
    execution.run()
    assert served_by(found) == NEW_LIVES
    assert "config m-a" in found.history


# -- shadow


def test_a_shadow_answers_copies_first_and_its_comparison_is_kept_with_the_decision() -> None:
    found = account(analysis=replace(SMALL, shadow=Shadow(percent=100, requests=50)))
    Execution(found).run()
    configs = [each.removeprefix("config ") for each in found.history if each.startswith("config")]
    assert [each.split("-")[1] for each in configs] == ["shadow", "canary", "b"]
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.shadow is not None
    assert decision.shadow["latency"]["candidate"]["mean_ms"] == 1.0
    assert decision.shadow["answers"] == {"pairs": 0, "note": "the endpoint captures nothing"}
    assert served_by(found) == NEW_LIVES
    assert nothing_is_left(found)


def test_a_shadow_that_fails_is_rejected_before_anybody_gets_its_answers() -> None:
    found = account(analysis=replace(SMALL, shadow=Shadow(percent=100, requests=50)), errors={NEW: 0.5})
    Execution(found).run()
    assert served_by(found) == OLD_LIVES
    assert not [each for each in found.history if each.startswith("weights")]
