"""Budgets: what they count, when they write, and to whom."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest

from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.cost_guard import CostGuard, CostGuardArgs
from components.key import Key
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def args(**other: Any) -> CostGuardArgs:
    given: dict[str, Any] = {
        "monthly": 1000.0,
        "models": {"digits": (600.0, "vision@example.com")},
        "email": ["b@example.com", "a@example.com", "a@example.com"],
        "alerts": None,
    }
    return CostGuardArgs(**{**given, **other})


def guarded(*, topics: bool = False, **other: Any) -> Deployment:
    def program() -> None:
        alerts = None
        if topics:
            key = Key("key", site=SITE, purpose="p", services=PUBLISHERS)
            alerts = Alerts("alerts", SITE, AlertsArgs(key=key, recipients={}, runbooks="https://example.com/r"))
        CostGuard("budget", SITE, args(alerts=alerts, **other))

    return deploy(program)


def test_a_budget_counts_a_month_of_dollars_of_everything_with_the_stacks_tag() -> None:
    budget = guarded().one(aws.budgets.Budget, "budget").inputs
    assert (budget["budgetType"], budget["timeUnit"]) == ("COST", "MONTHLY")
    assert (budget["limitAmount"], budget["limitUnit"]) == ("1000.00", "USD")
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:takeoff:stack$test"]}]
    assert budget["name"] == "takeoff-test-budget"


def test_a_model_with_a_budget_has_one_of_its_own_over_its_own_tag() -> None:
    declared = guarded(models={"digits": (600.0, "vision@example.com"), "risk": (50.5, "risk@example.com")})
    assert {each.name for each in declared.all(aws.budgets.Budget)} == {"budget", "budget-digits", "budget-risk"}
    budget = declared.one(aws.budgets.Budget, "budget-risk").inputs
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:takeoff:model$risk"]}]
    assert budget["limitAmount"] == "50.50"
    assert budget["tags"] == {"takeoff:model": "risk", "takeoff:owner": "risk@example.com"}


def test_a_budget_writes_at_four_fifths_spent_and_when_the_month_is_expected_to_break_it() -> None:
    for budget in guarded().all(aws.budgets.Budget):
        notices = budget.inputs["notifications"]
        assert [(each["threshold"], each["notificationType"]) for each in notices] == [
            (80, "ACTUAL"),
            (100, "FORECASTED"),
        ]
        for each in notices:
            assert (each["comparisonOperator"], each["thresholdType"]) == ("GREATER_THAN", "PERCENTAGE")


def test_the_stack_tells_its_people_a_model_its_owner_and_both_the_topic_for_warnings() -> None:
    declared = guarded(topics=True)
    topic = declared.one(aws.sns.Topic, "alerts-warning").inputs["name"]
    told = {"budget": ["a@example.com", "b@example.com"], "budget-digits": ["vision@example.com"]}
    for budget in declared.all(aws.budgets.Budget):
        for each in budget.inputs["notifications"]:
            assert each["subscriberEmailAddresses"] == told[budget.name]
            assert [arn.rpartition("/")[2] for arn in each["subscriberSnsTopicArns"]] == [topic]


def test_without_topics_only_addresses_are_told() -> None:
    for budget in guarded().all(aws.budgets.Budget):
        assert all("subscriberSnsTopicArns" not in each for each in budget.inputs["notifications"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"monthly": 0}, "got limits {'stack': 0}"),
        ({"models": {"m": (-1.0, "m@example.com")}}, "got limits {'m': -1.0}"),
        ({"email": []}, "got 0 addresses; allowed: 1 to 10"),
        ({"email": [f"{n}@example.com" for n in range(11)]}, "got 11 addresses; allowed: 1 to 10"),
        ({"email": ["nobody"]}, r"got \['nobody'\]; allowed: e-mail addresses"),
        ({"models": {"m": (1.0, "the team")}}, r"got \['the team'\]"),
    ],
)
def test_what_aws_would_refuse_or_never_write_to_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        args(**wrong)


def test_ten_addresses_are_as_many_as_aws_takes() -> None:
    assert len(args(email=[f"{n}@example.com" for n in range(10)]).email) == 10
