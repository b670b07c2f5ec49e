"""Budgets that write before the money is spent: one for the stack, one for each model that has its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alerts import Alerts
from components.site import Site
from components.tags import model_tags

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html
_MOST_ADDRESSES = 10
# Percent of the limit that was spent, and that AWS expects the month to end with.
_NOTICES = ((80, "ACTUAL"), (100, "FORECASTED"))


@dataclass(frozen=True, kw_only=True)
class CostGuardArgs:
    """What the stack may cost in US dollars a month, what its models may (model → dollars, owner's address), who hears.

    `email` hears of the stack's budget, an owner of the model's, and the topic for warnings, where there is one, of
    all. Raises ValueError for a limit of nothing, for what is no address, and for more addresses than AWS writes to.
    """

    monthly: float
    models: Mapping[str, tuple[float, str]]
    email: Sequence[str]
    alerts: Alerts | None

    def __post_init__(self) -> None:
        limits = {"stack": self.monthly} | {name: limit for name, (limit, _) in self.models.items()}
        if wrong := {name: limit for name, limit in limits.items() if limit <= 0}:
            raise ValueError(f"cost guard: got limits {wrong}; allowed: more than 0 US dollars a month")
        if not 1 <= len(set(self.email)) <= _MOST_ADDRESSES:
            raise ValueError(f"cost guard: got {len(set(self.email))} addresses; allowed: 1 to {_MOST_ADDRESSES}")
        addresses = [*self.email, *(owner for _, owner in self.models.values())]
        if unfit := [address for address in addresses if "@" not in address]:
            raise ValueError(f"cost guard: got {unfit}; allowed: e-mail addresses")


class CostGuard(pulumi.ComponentResource):
    """Cost budgets over cost allocation tags; AWS adds them up several times a day and writes, but stops nothing.

    AWS counts by a tag only from the day on which the organization's payer activated it for cost allocation; until then
    a budget reads nothing. A model's budget counts its tag in the whole account, whichever stack carries it.
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
    """

    def __init__(self, name: str, site: Site, args: CostGuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:governance:CostGuard", name, None, opts)
        self._name, self._site, self._alerts = name, site, args.alerts
        self._budget((), "takeoff:stack", site.stack, args.monthly, args.email, {})
        for model, (limit, owner) in sorted(args.models.items()):
            self._budget((model,), "takeoff:model", model, limit, [owner], model_tags(model, owner))
        self.register_outputs({})

    def _budget(
        self,
        parts: Sequence[str],
        tag: str,
        value: str,
        limit: float,
        email: Sequence[str],
        tags: Mapping[str, str],
    ) -> None:
        """One budget over one tag's value; `user:` marks a tag that people made.

        https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
        """
        aws.budgets.Budget(
            "-".join((self._name, *parts)),
            name=self._site.name(self._name, *parts, limit=100),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{limit:.2f}",
            limit_unit="USD",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:{tag}${value}"]}],
            notifications=[self._notice(percent, kind, email) for percent, kind in _NOTICES],
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _notice(self, percent: float, kind: str, email: Sequence[str]) -> dict[str, Any]:
        """Who hears of what; a notice may have one topic.

        https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        """
        notice: dict[str, Any] = {
            "comparison_operator": "GREATER_THAN",
            "notification_type": kind,
            "threshold": percent,
            "threshold_type": "PERCENTAGE",
            "subscriber_email_addresses": sorted(set(email)),
        }
        if self._alerts:
            notice["subscriber_sns_topic_arns"] = [self._alerts.topic_arn("warning")]
        return notice
