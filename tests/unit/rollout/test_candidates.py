"""A model with candidates from end to end, over an account in which traffic comes while Rollout waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.rollout_account import (
    ANALYSIS,
    NEW,
    OLD,
    Execution,
    error,
)
from catalog.analysis import OnlineMetric, Step
from tests.unit.rollout.accounts import (
    NEW_LIVES,
    OLD_LIVES,
    SMALL,
    account,
    at_canary,
    nothing_is_left,
    served_by,
)

# -- promoted


def test_a_good_candidate_goes_through_its_steps_and_takes_the_live_versions_place() -> None:
    found = account(analysis=ANALYSIS, rate=20)
    assert Execution(found).run()["status"] == "succeeded"
    assert served_by(found) == NEW_LIVES
    weights = [each for each in found.history if each.startswith("weights")]
    shares = [(90, 10), (50, 50), (0, 100)]
    assert weights == [f"weights {{'main': {main}, 'candidate': {other}}}" for main, other in shares]
    decision = found.decision(NEW)
    assert decision is not None
    assert (decision.verdict, decision.live, decision.settled) == ("promoted", OLD, True)
    assert decision.seconds == 60 + 60 + 120
    assert nothing_is_left(found)


def test_the_version_that_was_replaced_is_not_tried_in_its_turn() -> None:
    found = account()
    Execution(found).run()
    calls = len(found.history)
    assert Execution(found).run()["status"] == "succeeded"
    assert set(found.history[calls:]) == {"put outcome"}
    assert served_by(found) == NEW_LIVES


def test_the_temporary_config_has_both_versions_with_the_live_count_key_and_tags() -> None:
    found = account()
    execution = Execution(found)
    while "candidate" not in found.weights:
        execution.step()
    config = found.configs[found.config]
    live, candidate = config["ProductionVariants"]
    assert (live["ModelName"], live["InitialVariantWeight"]) == ("m-a", 100)
    assert (candidate["ModelName"], candidate["InitialVariantWeight"]) == ("m-b", 0)
    assert candidate["InitialInstanceCount"] == found.counts["main"] == 2
    assert (config["KmsKeyId"], config["Tags"]) == ("k", [{"Key": "owner", "Value": "me"}])


def test_it_is_not_promoted_below_the_sample_and_says_how_many_requests_are_needed() -> None:
    found = account(analysis=replace(SMALL, detect=0.05), rate=1)
    execution = Execution(found)
    for _ in range(10):
        found.wait(execution.step()["seconds"])
    seen = found.told("analysis")
    assert found.weights == {"main": 80, "candidate": 20}
    assert seen["still_needed"] > 100
    assert f"{seen['still_needed']} requests and 0 outcomes are still needed" in execution.event["reason"]
    assert seen["still_needed"] == 345 - seen["requests"]["candidate"]
    execution.run()
    assert served_by(found) == NEW_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.requests["candidate"] >= 345


# -- taken back


@pytest.mark.parametrize("errors", [1.0, 0.3])
def test_a_candidate_that_fails_goes_back_at_once_and_gets_no_request_afterwards(errors: float) -> None:
    found = account(errors={NEW: errors})
    Execution(found).run()
    assert served_by(found) == OLD_LIVES
    assert nothing_is_left(found)
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.verdict == "rejected"
    assert "answers were bad; 1 % are tolerated" in decision.reason
    before = found.served[NEW]
    found.wait(60)
    assert Execution(found).run()["status"] == "succeeded"
    assert found.served[NEW] == before, "a rejected version is not tried again"


def test_a_return_is_done_within_the_look_that_decides_and_its_time_is_told() -> None:
    found = account(errors={NEW: 1.0})
    Execution(found).run()
    outcome = found.told("outcome")
    assert outcome["verdicts"] == {NEW: "rejected"}
    assert outcome["seconds_to_return"] <= SMALL.look_seconds + 5
    assert outcome["reason"].startswith(f"{NEW} was rejected: ")
    drained = next(each for each in found.history if each == "weights {'main': 100, 'candidate': 0}")
    decided = found.history.index(f"put decisions/{NEW}")
    assert found.history.index(drained) == decided + 1, "traffic leaves before anything else happens"


def test_a_candidate_worse_than_live_goes_back_though_both_are_tolerated() -> None:
    loose = replace(SMALL, tolerated=0.4, steps=(Step(percent=50, requests=5_000, seconds=60),), detect=0.5)
    found = account(analysis=loose, errors={OLD: 0.01, NEW: 0.2})
    Execution(found).run()
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.reason.startswith("it fails more often than the live version")


def test_an_outage_of_both_takes_no_candidate_back_for_being_worse() -> None:
    loose = replace(SMALL, tolerated=0.6, detect=0.3)
    found = account(analysis=loose, errors={OLD: 0.5, NEW: 0.5})
    Execution(found).run()
    assert served_by(found) == NEW_LIVES


def test_an_alarm_that_rings_sends_it_back_and_one_that_rings_before_holds_it_back() -> None:
    found = account(analysis=replace(SMALL, alarms=("kpi",), patience=3))
    found.alarms = {"kpi": "ALARM"}
    execution = Execution(found)
    assert execution.run()["status"] == "failed"
    assert found.decision(NEW) is None, "it had no traffic: nothing is its fault"
    assert found.history.count("config m-a") == 0
    found.alarms = {"kpi": "OK"}
    execution = Execution(found)
    while found.weights.get("candidate", 0) == 0:
        execution.step()
    found.alarms = {"kpi": "ALARM"}
    execution.run()
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.reason == "alarms ring: kpi"


def test_a_candidate_that_does_not_come_up_is_rejected_and_nothing_has_moved() -> None:
    found = account()
    execution = Execution(found)
    while "create" not in found.history[-1] if found.history else True:
        execution.step()
    found.broken = {found.history[-1].removeprefix("create ")}
    execution.run()
    assert served_by(found) == OLD_LIVES
    assert NEW not in found.served
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.reason == "it did not come up: unhealthy"


def test_a_candidate_that_does_not_come_up_alone_is_rejected_after_all() -> None:
    found = account()
    found.broken = {"m-b"}
    Execution(found).run()
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert (decision.verdict, "did not come up alone" in decision.reason) == ("rejected", True)


# -- missing data


def test_an_outage_of_metrics_halts_each_look_with_its_reason_and_goes_on_afterwards() -> None:
    found = account()
    execution = at_canary(found)
    found.dark = "no metrics today"
    for _ in range(3):
        found.wait(execution.step()["seconds"])
        if found.status == "InService" and execution.event["asked"]:
            assert "no metrics today" in execution.event["reason"]
    assert found.weights == {"main": 80, "candidate": 20}
    found.dark = ""
    execution.run()
    assert served_by(found) == NEW_LIVES


def test_an_outage_that_outlasts_patience_sends_the_candidate_back() -> None:
    found = account()
    execution = at_canary(found)
    found.dark = "no metrics today"
    execution.run()
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert f"{SMALL.patience} looks in a row" in decision.reason
    assert found.told("analysis")["silent"] == SMALL.patience


def test_no_requests_is_missing_data_too() -> None:
    found = account(rate=0)
    Execution(found).run()
    assert served_by(found) == OLD_LIVES
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.reason.startswith("no requests since the last look")


def test_outcomes_that_never_come_halt_before_everything_is_given() -> None:
    metric = OnlineMetric(margin=0.05, least=100)
    found = account(analysis=replace(SMALL, metric=metric))
    Execution(found).run()
    assert "weights {'main': 0, 'candidate': 100}" not in found.history
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.reason.startswith("no outcomes of the candidate yet; 100 are needed")


@pytest.mark.parametrize(("wrong", "verdict"), [(0.3, "promoted"), (0.6, "rejected")])
def test_the_online_metric_decides_where_answers_come_and_are_wrong(wrong: float, verdict: str) -> None:
    metric = OnlineMetric(margin=0.1, least=400)
    found = account(analysis=replace(SMALL, metric=metric), rate=20)
    execution = Execution(found)
    while not execution.over:
        found.wait(execution.step()["seconds"])
        for variant, rate in (("main", 0.3), ("candidate", wrong)):
            told = sum(
                value for (_, name, what), value in found.sums.items() if (name, what) == (variant, "Invocations")
            )
            found.sums["", variant, "Outcomes"], found.sums["", variant, "Wrong"] = told, int(told * rate)
    decision = found.decision(NEW)
    assert decision is not None
    assert decision.verdict == verdict
    if verdict == "rejected":
        assert decision.reason.startswith("Wrong is worse than the live version's by")


def test_an_outage_of_alarms_halts_as_one_of_sums_does() -> None:
    found = account(analysis=replace(SMALL, alarms=("kpi",)))
    found.alarms = {"kpi": "OK"}
    execution = at_canary(found)
    found.describe_endpoint("m")
    found.describe_alarms = refuse_alarms  # type: ignore[method-assign, assignment]
    execution.step()
    assert "no alarms today" in execution.event["reason"] or "kpi" in execution.event["reason"]
    assert found.weights == {"main": 80, "candidate": 20}


def refuse_alarms(**_: Any) -> None:
    raise error("DescribeAlarms", "InternalServiceFault", "no alarms today")


def test_a_reason_of_any_length_fits_into_its_parameters() -> None:
    found = account()
    execution = at_canary(found)
    found.says("override", action="abort", version=OLD, who="ann", why='"\n' * 2_000, at="1")
    assert execution.run()["status"] == "succeeded"
    assert served_by(found) == OLD_LIVES
