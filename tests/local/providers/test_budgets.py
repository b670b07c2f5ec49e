"""What no single call returns of a budget is read all the same."""

from __future__ import annotations

from local.state import ACCOUNT
from tests.local.cloud.emulated import Cloud
from tests.local.providers.cases import CASES
from tests.local.providers.plugin import Plugin

TOKEN = "aws:budgets/budget:Budget"


def test_refresh_sees_notifications_and_filters_that_others_changed_and_an_update_repairs_them(
    cloud: Cloud, plugin: Plugin
) -> None:
    plugin.seed = str(next(cloud.names)).encode()
    inputs, problems = plugin.check(TOKEN, CASES[TOKEN].inputs, None)
    assert problems == []
    resource = plugin.create(TOKEN, inputs)
    client, named = cloud.client("budgets"), {"AccountId": ACCOUNT, "BudgetName": resource.state["name"]}
    found = client.describe_notifications_for_budget(**named)["Notifications"]
    client.delete_notification(**named, Notification=found[0])
    budget = client.describe_budget(**named)["Budget"]
    kept = {name: budget[name] for name in ("BudgetName", "BudgetType", "TimeUnit", "BudgetLimit")}
    client.update_budget(AccountId=ACCOUNT, NewBudget=kept | {"CostFilters": {"Region": ["us-east-1"]}})

    refreshed = plugin.read(TOKEN, resource.id, resource)
    assert refreshed is not None
    assert [each["threshold"] for each in refreshed.inputs["notifications"]] == [found[1]["Threshold"]]
    assert refreshed.inputs["costFilters"] == [{"name": "Region", "values": ["us-east-1"]}]
    assert set(plugin.diff(TOKEN, refreshed, inputs).diffs) == {"costFilters", "notifications"}

    plugin.update(TOKEN, refreshed, inputs)
    again = plugin.read(TOKEN, resource.id, resource)
    assert again is not None
    thresholds = sorted(each["threshold"] for each in again.inputs["notifications"])
    assert thresholds == sorted(each["Threshold"] for each in found)
    assert again.inputs["costFilters"] == inputs["costFilters"]
