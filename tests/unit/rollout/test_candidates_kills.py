"""A rollout that is killed, or not alone, ends where it would have ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.rollout_account import (
    FOLDER,
    NEW,
    OLD,
    Account,
    Execution,
    KilledError,
    error,
)
from catalog.analysis import Shadow
from model_code.rollout.records import Decision
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


def scene(name: str) -> Account:
    """An account in which one of the ways of a rollout is about to be gone."""
    found = account(analysis=replace(SMALL, shadow=Shadow(percent=100, requests=20)) if name == "shadow" else SMALL)
    if name == "reject":
        found.errors = {NEW: 1.0}
    if name == "abort":
        order(found, "abort")
    if name == "rollback":
        Execution(found).run()
        order(found, "rollback", NEW)
    return found


SCENES = {"promote": NEW_LIVES, "shadow": NEW_LIVES, "reject": OLD_LIVES, "abort": OLD_LIVES, "rollback": OLD_LIVES}


@pytest.mark.parametrize("name", SCENES)
def test_killed_after_any_call_a_new_execution_ends_in_the_same_place(name: str) -> None:
    whole = scene(name)
    before = whole.calls
    Execution(whole).run()
    assert whole.calls - before > 4
    for kill_at in range(before + 1, whole.calls + 1):
        found = scene(name)
        found.kill_at = kill_at
        with pytest.raises(KilledError):
            Execution(found).run()
        for _ in range(3):  # what was under way at AWS goes on
            found.describe_endpoint("m")
        assert Execution(found).run()["status"] == "succeeded"
        assert served_by(found) == SCENES[name], f"killed after call {kill_at}: {found.history}"
        assert nothing_is_left(found)
        assert [each for each in (found.decision(OLD), found.decision(NEW)) if each and not each.settled] == []


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SCENES)), turns=st.lists(st.booleans(), min_size=200, max_size=200))
def test_two_executions_in_any_order_end_in_the_same_place(name: str, turns: list[bool]) -> None:
    found = scene(name)
    pair = [Execution(found), Execution(found)]
    for turn in [*turns, *[True, False] * 200]:
        execution = pair[turn]
        if not execution.over:
            found.wait(execution.step()["seconds"])
    assert [each.event["status"] for each in pair] == ["succeeded", "succeeded"]
    assert served_by(found) == SCENES[name]
    assert nothing_is_left(found)


@pytest.mark.parametrize("steps", [1, 2, 5, 40])
@pytest.mark.parametrize("name", SCENES)
def test_another_execution_may_act_between_a_look_and_its_call(name: str, steps: int) -> None:
    whole = scene(name)
    before = whole.observed
    Execution(whole).run()
    for met_at in range(before + 1, whole.observed + 1):
        found = scene(name)
        other = Execution(found)

        def company(found: Account = found, other: Execution = other) -> None:
            for _ in range(steps):
                if not other.over:
                    found.wait(other.step()["seconds"])

        found.met_at, found.company = met_at, company
        assert Execution(found).run()["status"] == "succeeded"
        if not other.over:
            assert other.run()["status"] == "succeeded"
        assert served_by(found) == SCENES[name], f"met at look {met_at}: {found.history}"
        assert nothing_is_left(found)


def test_of_two_verdicts_the_first_stands() -> None:
    whole = account()
    execution = Execution(whole)
    while whole.decision(NEW) is None:
        whole.wait(execution.step()["seconds"])
    found = account()
    first = Decision(version=NEW, verdict="rejected", reason="first", live=OLD, at="now")

    def company() -> None:
        """Somebody else rejects in the very moment in which this one promotes."""
        found.parameters[f"{FOLDER}/decisions/{NEW}"] = first.to_json()

    found.met_at, found.company = whole.observed, company
    Execution(found).run()
    assert found.decision(NEW) == first
    assert served_by(found) == OLD_LIVES


def test_where_weights_are_refused_a_harmful_candidate_goes_back_by_config() -> None:
    found = account()
    execution = at_canary(found)
    found.errors = {NEW: 1.0}
    found.update_endpoint_weights_and_capacities = refuse  # type: ignore[method-assign, assignment]
    assert execution.run()["status"] == "succeeded"
    assert served_by(found) == OLD_LIVES


def test_a_config_that_is_refused_twice_ends_with_aws_words() -> None:
    found = account()
    found.update_endpoint = refuse  # type: ignore[method-assign, assignment]
    end = Execution(found).run()
    assert end["status"] == "failed"
    assert "no capacity" in end["reason"]


def refuse(**_: Any) -> None:
    raise error("UpdateEndpoint", "ValidationException", "no capacity")


def test_seconds_that_two_executions_wait_together_count_once() -> None:
    found = account()
    execution = at_canary(found)
    other = Execution(found)
    for _ in range(3):
        execution.step()
        other.step()
        found.wait(60)
    assert found.told("analysis")["spent"] <= 2 * 60
