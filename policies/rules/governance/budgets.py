"""Money: somebody is told before it runs out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, given, known
from policies.links import each
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_BUDGET: Final = "aws:budgets/budget:Budget"
# What costs by the hour whether it is used or not.
_COSTS: Final = (
    "aws:sagemaker/endpoint:Endpoint",
    "aws:eks/cluster:Cluster",
    "aws:ec2/natGateway:NatGateway",
)
_OWNER: Final = "takeoff:owner"
_SUBSCRIBERS: Final = ("subscriberEmailAddresses", "subscriberSnsTopicArns")


def _watched(graph: Graph, settings: Settings) -> Iterator[Broken]:
    budgets = graph.of(_BUDGET)
    if not any(_covers(budget, settings["tag"]) for budget in budgets):
        # Said of the stack where it shows itself, else of the first thing that costs.
        first = [*graph.of("pulumi:pulumi:Stack"), *graph.of(*_COSTS), *budgets][0]
        yield Broken(first, "no Budget over the whole stack")
    yield from each(budgets, _quiet)


def _covers(budget: Declared, tag: str) -> bool:
    """Whether a budget takes in the whole stack: by no filter, or by the stack's own tag."""
    filters = [budget.at(path) for path in ("costFilters", "filterExpression")]
    text = json.dumps([value for value in filters if given(value)], default=str)
    return text == "[]" or tag in text


def _quiet(budget: Declared) -> str | None:
    notifications = known(budget.at("notifications"), "notifications") or ()
    if not notifications:
        return "no notifications"
    found = [known(row, "notifications") for row in notifications]
    if any(not any(given(row.get(key)) for key in _SUBSCRIBERS) for row in found):
        return "a notification without subscribers"
    owner = known(budget.at(f"tags.{_OWNER}"), "tags")
    deaf = owner and any(owner not in _addresses(row) for row in found)
    return f"a notification that its owner, {owner}, does not get" if deaf else None


def _addresses(row: Mapping[str, Any]) -> list[Any]:
    """The e-mail addresses that a notification names. Raises UnknownError."""
    return [known(each, "notifications") for each in known(row.get(_SUBSCRIBERS[0]), "notifications") or ()]


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.6",
        name="takeoff-6-budget",
        severity="medium",
        frameworks=(OWN,),
        title="a stack that costs by the hour has a budget that somebody hears of",
        allowed="a Budget without filters or over the tag `tag`; each with notifications and their subscribers, among "
        f"them the address in the budget's tag {_OWNER}, where it has one",
        fix="set takeoff:budget in the stack file (monthly, email)",
        source="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html",
        settings={"tag": "takeoff:stack"},
        types=(*_COSTS, _BUDGET),
        check=_watched,
    ),
)
