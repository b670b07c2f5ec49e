"""Budgets."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging
from local.state import ACCOUNT

_DEFINITION = frozenset({"budgetType", "costFilters", "limitAmount", "limitUnit", "name", "timeUnit"})
_KINDS = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}
_NOTICE = ("comparisonOperator", "notificationType", "threshold", "thresholdType")


def _budget(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A budget as the API has it, which Pulumi spells flat."""
    budget = {
        "BudgetName": properties["name"],
        "BudgetType": properties["budgetType"],
        "TimeUnit": properties["timeUnit"],
        "CostFilters": {each["name"]: list(each["values"]) for each in properties.get("costFilters") or ()},
    }
    if properties.get("limitAmount") and properties.get("limitUnit"):
        budget["BudgetLimit"] = {"Amount": properties["limitAmount"], "Unit": properties["limitUnit"]}
    return budget


def _notices(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The notifications that a program asks for, each as CreateNotification takes it."""
    for each in properties.get("notifications") or ():
        notification = {name[0].upper() + name[1:]: each[name] for name in _NOTICE}
        subscribers = [
            {"SubscriptionType": kind, "Address": address}
            for name, kind in _KINDS.items()
            for address in each.get(name) or ()
        ]
        yield {"Notification": notification | {"Threshold": float(each["threshold"])}, "Subscribers": subscribers}


def _notify(client: Any, state: Mapping[str, Any]) -> None:
    for each in _notices(state):
        client.create_notification(AccountId=ACCOUNT, BudgetName=state["name"], **each)


def _renotify(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """The official plugin deletes what went or changed and creates what came; AWS could change it too."""
    before, after = list(_notices(olds)), list(_notices(news))
    named = {"AccountId": ACCOUNT, "BudgetName": state["name"]}
    for each in before:
        if each not in after:
            client.delete_notification(**named, Notification=each["Notification"])
    for each in after:
        if each not in before:
            client.create_notification(**named, **each)


def _read(client: Any, state: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Filters and notifications in Pulumi's spelling; a notification's subscribers are a call of their own."""
    named = {"AccountId": ACCOUNT, "BudgetName": state["name"]}
    notices = []
    for found in client.describe_notifications_for_budget(**named)["Notifications"]:
        subscribers = client.describe_subscribers_for_notification(**named, Notification=found)["Subscribers"]
        notice = {name: found.get(name[0].upper() + name[1:]) for name in _NOTICE}
        for name, kind in _KINDS.items():
            notice[name] = sorted(each["Address"] for each in subscribers if each["SubscriptionType"] == kind)
        notices.append({name: value for name, value in notice.items() if value})
    filters = [{"name": name, "values": values} for name, values in sorted(raw.get("CostFilters", {}).items())]
    return {"costFilters": filters, "notifications": notices}


ROWS = (
    Row(
        type="aws:budgets/budget:Budget",
        served_by="record",
        service="budgets",
        schema="AWS::Budgets::Budget",
        schema_names={"name": "Budget"},
        keys={"AccountId": f"={ACCOUNT}", "BudgetName": "name", "ResourceARN": "arn"},
        id="{account}:{name}",
        create=Call(
            "create_budget",
            renames={**dict.fromkeys(_DEFINITION | {"notifications"}, ""), "tags": "ResourceTags"},
            properties=_DEFINITION | {"notifications", "tags"},
            arguments=lambda properties: {"Budget": _budget(properties)},
        ),
        update=(
            Call(
                "update_budget",
                renames=dict.fromkeys(_DEFINITION, ""),
                properties=_DEFINITION,
                arguments=lambda properties: {"NewBudget": _budget(properties)},
            ),
        ),
        read=(
            Read(
                "describe_budget",
                at="Budget",
                renames={
                    "limitAmount": "BudgetLimit.Amount",
                    "limitUnit": "BudgetLimit.Unit",
                    "budgetType": "BudgetType",
                    "timeUnit": "TimeUnit",
                    "name": "BudgetName",
                    "costFilters": "costFilters",
                    "notifications": "notifications",
                },
            ),
        ),
        read_more=_read,
        after_create=_notify,
        before_update=_renotify,
        delete=Call("delete_budget"),
        outputs={"accountId": "{account}", "arn": "arn:aws:budgets::{account}:budget/{name}"},
        replace=frozenset({"accountId", "name", "namePrefix"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        computed=frozenset({"costFilters", "costTypes", "limitAmount", "limitUnit", "timePeriodStart"}),
        defaults={"timePeriodEnd": "2087-06-15_00:00"},
    ),
)
