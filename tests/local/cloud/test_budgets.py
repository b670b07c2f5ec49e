"""Budgets as AWS keeps them: changed in place, told to a bounded number of people, tagged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.state import ACCOUNT
from tests.local.cloud.emulated import Cloud

NOTICE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}


def people(count: int, kind: str = "EMAIL") -> list[dict[str, str]]:
    return [{"SubscriptionType": kind, "Address": f"{n}@example.com"} for n in range(count)]


def definition(name: str, amount: str) -> dict[str, Any]:
    limit = {"Amount": amount, "Unit": "USD"}
    return {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}


def made(cloud: Cloud, **more: Any) -> tuple[Any, dict[str, str]]:
    client, name = cloud.client("budgets"), f"budget-{next(cloud.names)}"
    client.create_budget(AccountId=ACCOUNT, Budget=definition(name, "10"), **more)
    return client, {"AccountId": ACCOUNT, "BudgetName": name}


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_a_changed_budget_keeps_its_notifications_and_its_period(cloud: Cloud) -> None:
    client, named = made(cloud)
    client.create_notification(**named, Notification=NOTICE, Subscribers=people(2))
    before = client.describe_budget(**named)["Budget"]
    client.update_budget(AccountId=ACCOUNT, NewBudget=definition(named["BudgetName"], "20"))
    after = client.describe_budget(**named)["Budget"]
    assert (after["BudgetLimit"]["Amount"], after["TimePeriod"]) == ("20", before["TimePeriod"])
    (kept,) = client.describe_notifications_for_budget(**named)["Notifications"]
    assert client.describe_subscribers_for_notification(**named, Notification=kept)["Subscribers"] == people(2)


@pytest.mark.parametrize("subscribers", [people(11), people(2, "SNS"), [*people(1), *people(2, "SNS")]])
def test_more_subscribers_than_aws_writes_to_are_refused(cloud: Cloud, subscribers: list[dict[str, str]]) -> None:
    client, named = made(cloud)
    with pytest.raises(ClientError) as caught:
        client.create_notification(**named, Notification=NOTICE, Subscribers=subscribers)
    assert code(caught) == "InvalidParameterException"
    assert client.describe_notifications_for_budget(**named)["Notifications"] == []


def test_ten_addresses_and_a_topic_are_told(cloud: Cloud) -> None:
    client, named = made(cloud)
    client.create_notification(**named, Notification=NOTICE, Subscribers=[*people(10), *people(1, "SNS")])
    assert len(client.describe_notifications_for_budget(**named)["Notifications"]) == 1


def test_what_does_not_exist_is_not_found(cloud: Cloud) -> None:
    client, named = made(cloud)
    with pytest.raises(ClientError) as caught:
        client.describe_subscribers_for_notification(**named, Notification=NOTICE)
    assert code(caught) == "NotFoundException"
    with pytest.raises(ClientError) as caught:
        client.update_budget(AccountId=ACCOUNT, NewBudget=definition("nobody's", "20"))
    assert code(caught) == "NotFoundException"


def test_tags_come_with_the_budget_and_change_without_it(cloud: Cloud) -> None:
    client, named = made(cloud, ResourceTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{named['BudgetName']}"
    client.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "2"}])
    client.untag_resource(ResourceARN=arn, ResourceTagKeys=["b"])
    assert client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "a", "Value": "2"}]
