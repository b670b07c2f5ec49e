"""Lives of budgets."""

from __future__ import annotations

from typing import Any

from local.providers.values import Properties
from local.state import ACCOUNT
from tests.local.providers.case import Case

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:warning"


def _notice(percent: float, *addresses: str, topic: str = "") -> Properties:
    notice: Properties = {
        "comparisonOperator": "GREATER_THAN",
        "notificationType": "ACTUAL",
        "threshold": percent,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": list(addresses),
    }
    return notice | ({"subscriberSnsTopicArns": [topic]} if topic else {})


def _named(state: Properties) -> dict[str, str]:
    return {"AccountId": ACCOUNT, "BudgetName": state["name"]}


def _budget(client: Any, state: Properties) -> Any:
    return client.describe_budget(**_named(state))["Budget"]


def _notices(client: Any, state: Properties) -> list[Properties]:
    found = []
    for each in client.describe_notifications_for_budget(**_named(state))["Notifications"]:
        told = client.describe_subscribers_for_notification(**_named(state), Notification=each)["Subscribers"]
        by_kind = {kind: [s["Address"] for s in told if s["SubscriptionType"] == kind] for kind in ("EMAIL", "SNS")}
        found.append(_notice(each["Threshold"], *by_kind["EMAIL"], topic=next(iter(by_kind["SNS"]), "")))
    return found


def _raise(client: Any, state: Properties) -> None:
    budget = _budget(client, state)
    kept = {name: budget[name] for name in ("BudgetName", "BudgetType", "TimeUnit", "CostFilters")}
    client.update_budget(AccountId=ACCOUNT, NewBudget=kept | {"BudgetLimit": {"Amount": "9999", "Unit": "USD"}})


CASES: dict[str, Case] = {
    "aws:budgets/budget:Budget": Case(
        service="budgets",
        inputs={
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "100.00",
            "limitUnit": "USD",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:takeoff:stack$test"]}],
            "notifications": [_notice(80, "one@example.com", topic=TOPIC), _notice(100, "one@example.com")],
            "tags": {"team": "a"},
        },
        changed={
            "limitAmount": "250.00",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:takeoff:stack$other"]}],
            "notifications": [_notice(100, "one@example.com"), _notice(90, "two@example.com")],
        },
        replaced={"name": "another"},
        seen={
            "limitAmount": lambda client, s: _budget(client, s)["BudgetLimit"]["Amount"],
            "limitUnit": lambda client, s: _budget(client, s)["BudgetLimit"]["Unit"],
            "budgetType": lambda client, s: _budget(client, s)["BudgetType"],
            "timeUnit": lambda client, s: _budget(client, s)["TimeUnit"],
            "costFilters": lambda client, s: [
                {"name": name, "values": values} for name, values in _budget(client, s)["CostFilters"].items()
            ],
            "notifications": _notices,
        },
        elsewhere=_raise,
        drifts="limitAmount",
        deleted=lambda client, s: client.delete_budget(**_named(s)),
    ),
}
