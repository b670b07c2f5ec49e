"""Budgets: changes, subscribers and tags, which moto lacks, and AWS's limits on who is written to."""

from __future__ import annotations

import json
from typing import Any

from moto.budgets.models import budgets_backends
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import JsonRESTError

# Where a budget keeps its tags: moto's own has no place for them.
_TAGS = "takeoff_tags"
# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html
_MOST = {"EMAIL": 10, "SNS": 1}


def install() -> None:
    """Adds what moto lacks of budgets."""
    moto: Any = BudgetsResponse
    create, notify = moto.create_budget, moto.create_notification

    def create_budget(response: Any) -> str:
        answer: str = create(response)
        tags = response._get_param("ResourceTags") or ()
        setattr(_budget(response), _TAGS, {tag["Key"]: tag["Value"] for tag in tags})
        return answer

    def create_notification(response: Any) -> str:
        kinds = [each["SubscriptionType"] for each in response._get_param("Subscribers") or ()]
        if not kinds or any(kinds.count(kind) > most for kind, most in _MOST.items()):
            said = f"A notification has 1 to 10 EMAIL subscribers and at most 1 SNS subscriber, not {kinds}"
            raise JsonRESTError("InvalidParameterException", said)
        answer: str = notify(response)
        return answer

    moto.create_budget, moto.create_notification = create_budget, create_notification
    for operation in (
        update_budget,
        describe_subscribers_for_notification,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    ):
        setattr(moto, operation.__name__, operation)


def update_budget(response: Any) -> str:
    """AWS replaces the budget's definition; its notifications stay."""
    new = response._get_param("NewBudget")
    budget = _named(response, new["BudgetName"])
    budget.budget = {"TimePeriod": budget.budget["TimePeriod"], **new}
    return json.dumps({})


def describe_subscribers_for_notification(response: Any) -> str:
    wanted = response._get_param("Notification")
    for each in _named(response, response._get_param("BudgetName")).notifications:
        if each.details == wanted:
            return json.dumps({"Subscribers": each.subscribers})
    raise JsonRESTError("NotFoundException", f"Unable to find notification: {wanted}")


def list_tags_for_resource(response: Any) -> str:
    tags = _tags(response)
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(response: Any) -> str:
    _tags(response).update({tag["Key"]: tag["Value"] for tag in response._get_param("ResourceTags")})
    return json.dumps({})


def untag_resource(response: Any) -> str:
    for key in response._get_param("ResourceTagKeys"):
        _tags(response).pop(key, None)
    return json.dumps({})


def _budget(response: Any) -> Any:
    return _named(response, response._get_param("Budget")["BudgetName"])


def _tags(response: Any) -> dict[str, str]:
    found: dict[str, str] = getattr(_named(response, response._get_param("ResourceARN").partition("/")[2]), _TAGS)
    return found


def _named(response: Any, name: str) -> Any:
    found = budgets_backends[response.current_account][response.partition].budgets[response.current_account].get(name)
    if found is None:
        raise JsonRESTError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return found
