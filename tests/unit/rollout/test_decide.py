"""One step of a rollout, as a pure function."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.desired import Desired, Share
from catalog.plan import Kind, Plan
from model_code.rollout.decide import (
    MOVING,
    PATIENCE,
    Attempted,
    Failed,
    Hold,
    Observed,
    Succeeded,
    UpdateConfig,
    UpdateCount,
    UpdateWeights,
    Wait,
    decide,
    fingerprint,
)

SHARES = {"main": Share(traffic=90, instances=1), "candidate": Share(traffic=10, instances=1)}
WISH = Desired(endpoint="e", config="new", content="c", generation=2, variants=SHARES)
WATCHED = replace(WISH, plan=Plan(kind="canary", percent=10, bake_seconds=300, alarms=("errors", "latency")))
OK = {"errors": "OK", "latency": "INSUFFICIENT_DATA"}


def seen(
    status: str = "InService",
    config: str = "new",
    variants: dict[str, Share] | None = None,
    alarms: dict[str, str] | None = None,
) -> Observed:
    shares = SHARES if variants is None else variants
    return Observed(status=status, config=config, variants=shares, reason="because", alarms=alarms or {})


def shares(main: tuple[int, int | None], candidate: tuple[int, int | None]) -> dict[str, Share]:
    both = {"main": main, "candidate": candidate}
    return {name: Share(traffic=traffic, instances=count) for name, (traffic, count) in both.items()}


def test_an_endpoint_that_is_what_it_should_be_is_left_alone() -> None:
    assert decide(WISH, seen(), Attempted()) == Succeeded()


@pytest.mark.parametrize("status", sorted(MOVING))
def test_a_moving_endpoint_is_waited_for(status: str) -> None:
    assert decide(WISH, seen(status, config="old"), Attempted()) == Wait()


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_an_endpoint_that_cannot_serve_fails_the_rollout_with_sagemakers_reason(status: str) -> None:
    assert decide(WISH, seen(status), Attempted()) == Failed(f"endpoint is {status}: because")


def test_another_config_is_asked_for_once() -> None:
    assert decide(WISH, seen(config="old"), Attempted()) == UpdateConfig("new", guarded=True)


def test_in_service_on_the_old_config_after_asking_is_a_rollback_not_a_success() -> None:
    step = decide(WISH, seen(config="old"), Attempted(config="new"))
    assert step == Failed("SageMaker returned to old: because")


def test_a_rollback_names_the_alarms_that_went_off_even_those_that_are_silent_again() -> None:
    now = seen(config="old", alarms={"errors": "OK", "latency": "ALARM"})
    step = decide(WATCHED, now, Attempted(config="new", rung={"errors": "2026-01-02T03:04:05+00:00"}))
    assert step == Failed("SageMaker returned to old: because (alarms: errors, latency)")


def test_an_older_wishs_attempt_does_not_count() -> None:
    assert decide(WISH, seen(config="old"), Attempted(config="older")) == UpdateConfig("new", guarded=True)


def test_a_plan_starts_when_all_its_alarms_exist_and_none_rings() -> None:
    assert decide(WATCHED, seen(config="old", alarms=OK), Attempted()) == UpdateConfig("new", guarded=True)


def test_a_rollback_alarm_that_does_not_exist_fails_the_rollout_before_anything_changes() -> None:
    step = decide(WATCHED, seen(config="old", alarms={"errors": "OK"}), Attempted())
    assert isinstance(step, Failed)
    assert "do not exist: latency" in step.reason


def test_alarms_that_ring_before_a_change_hold_it_back_but_not_for_ever() -> None:
    ringing = seen(config="old", alarms={"errors": "ALARM", "latency": "OK"})
    assert decide(WATCHED, ringing, Attempted(held=PATIENCE - 1)) == Hold(("errors",))
    assert decide(WATCHED, ringing, Attempted(held=PATIENCE)) == Failed(
        "rollback alarms ring before any change: errors"
    )


def test_a_change_of_names_goes_all_at_once_without_guardrails() -> None:
    one = {"main": Share(traffic=100, instances=1)}
    assert decide(WISH, seen(config="old", variants=one), Attempted()) == UpdateConfig("new", guarded=False)


@pytest.mark.parametrize("kind", ["canary", "linear", "rolling"])
def test_a_change_of_names_under_another_plan_fails_and_says_what_is_allowed(kind: Kind) -> None:
    one = {"main": Share(traffic=100, instances=1)}
    wish = replace(WATCHED, plan=replace(WATCHED.plan, kind=kind))
    step = decide(wish, seen(config="old", variants=one, alarms=OK), Attempted())
    assert isinstance(step, Failed)
    assert f"got {kind} from variants ['main']" in step.reason


def test_a_change_of_traffic_alone_needs_no_config() -> None:
    step = decide(WISH, seen(variants=shares((100, 1), (0, 1))), Attempted())
    assert step == UpdateWeights({"main": 90, "candidate": 10})


def test_shares_that_were_asked_for_and_not_taken_fail_the_rollout() -> None:
    asked = fingerprint(UpdateWeights({"candidate": 10, "main": 90}))
    step = decide(WISH, seen(variants=shares((100, 1), (0, 1))), Attempted(calls=(asked,)))
    assert isinstance(step, Failed)
    assert "main=90%" in step.reason


def test_config_comes_before_shares() -> None:
    assert decide(WISH, seen(config="old", variants={}), Attempted()) == UpdateConfig("new", guarded=False)


def test_counts_grow_before_traffic_moves_and_shrink_after_it_has_one_variant_a_call() -> None:
    wish = replace(WISH, variants=shares((10, 1), (90, 3)))
    now, steps = shares((90, 3), (10, 1)), []
    while not isinstance(step := decide(wish, seen(variants=now), Attempted()), Succeeded):
        steps.append(step)
        assert not isinstance(step, Failed)
        if isinstance(step, UpdateCount):
            now[step.variant] = replace(now[step.variant], instances=step.instances)
        if isinstance(step, UpdateWeights):
            now = {name: replace(now[name], traffic=weight) for name, weight in step.weights.items()}
    assert steps == [
        UpdateCount("candidate", 3),
        UpdateWeights({"main": 10, "candidate": 90}),
        UpdateCount("main", 1),
    ]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_count_of_a_scaled_variant_is_nobodys_to_set(count: int) -> None:
    wish = replace(WISH, variants=shares((90, None), (10, 1)))
    assert decide(wish, seen(variants=shares((90, count), (10, 1))), Attempted()) == Succeeded()


def test_a_wish_survives_its_json() -> None:
    assert Desired.from_json(WATCHED.to_json()) == WATCHED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variants": 3}', '{"variants": {"a": {"x": 1}}}'])
def test_a_wish_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="desired state: got"):
        Desired.from_json(text)
