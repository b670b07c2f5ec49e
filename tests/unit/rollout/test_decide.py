"""One step of a rollout, as a pure function."""

from __future__ import annotations

import pytest

from catalog.desired import Desired, Share
from model_code.rollout.decide import (
    MOVING,
    Attempted,
    Failed,
    Observed,
    Succeeded,
    UpdateConfig,
    UpdateShares,
    Wait,
    decide,
    fingerprint,
)

SHARES = {"main": Share(traffic=90, instances=1), "candidate": Share(traffic=10, instances=1)}
WISH = Desired(endpoint="e", config="new", content="c", generation=2, variants=SHARES)


def seen(status: str = "InService", config: str = "new", variants: dict[str, Share] | None = None) -> Observed:
    return Observed(status=status, config=config, variants=SHARES if variants is None else variants, reason="because")


def test_an_endpoint_that_is_what_it_should_be_is_left_alone() -> None:
    assert decide(WISH, seen(), Attempted()) == Succeeded()


@pytest.mark.parametrize("status", sorted(MOVING))
def test_a_moving_endpoint_is_waited_for(status: str) -> None:
    assert decide(WISH, seen(status, config="old"), Attempted()) == Wait()


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_an_endpoint_that_cannot_serve_fails_the_rollout_with_sagemakers_reason(status: str) -> None:
    assert decide(WISH, seen(status), Attempted()) == Failed(f"endpoint is {status}: because")


def test_another_config_is_asked_for_once() -> None:
    assert decide(WISH, seen(config="old"), Attempted()) == UpdateConfig("new")


def test_in_service_on_the_old_config_after_asking_is_a_rollback_not_a_success() -> None:
    step = decide(WISH, seen(config="old"), Attempted(config="new"))
    assert step == Failed("SageMaker returned to old: because")


def test_an_older_wishs_attempt_does_not_count() -> None:
    assert decide(WISH, seen(config="old"), Attempted(config="older")) == UpdateConfig("new")


def test_a_change_of_traffic_alone_needs_no_config() -> None:
    now = {"main": Share(traffic=100, instances=1), "candidate": Share(traffic=0, instances=1)}
    assert decide(WISH, seen(variants=now), Attempted()) == UpdateShares(SHARES)


def test_shares_that_were_asked_for_and_not_taken_fail_the_rollout() -> None:
    now = {"main": Share(traffic=100, instances=1), "candidate": Share(traffic=0, instances=1)}
    step = decide(WISH, seen(variants=now), Attempted(shares=fingerprint(WISH)))
    assert isinstance(step, Failed)


def test_config_comes_before_shares() -> None:
    assert decide(WISH, seen(config="old", variants={}), Attempted()) == UpdateConfig("new")


def test_a_wish_survives_its_json() -> None:
    assert Desired.from_json(WISH.to_json()) == WISH


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variants": 3}', '{"variants": {"a": {"x": 1}}}'])
def test_a_wish_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="desired state: got"):
        Desired.from_json(text)
