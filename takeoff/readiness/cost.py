"""What a model may cost, and whether anybody would notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.spending import LEAST_PILOTS, MOST_PILOTS, pilot_ratio
from takeoff.preview.money import costs
from takeoff.preview.previewed import Step
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at, listed

_BUDGET = "aws:budgets/budget:Budget"


def stack_budget(view: View) -> Found:
    """A budget over the whole stack writes to somebody."""
    return _budget(view, f"takeoff:stack${view.preview.stack}")


def model_budget(view: View) -> Found:
    """A budget of the model's own writes to somebody."""
    return _budget(view, f"takeoff:model${view.model}")


def usage(view: View) -> Found:
    """The traffic that the estimate assumes is written down."""
    found = view.said.get("usage")
    if not found:
        return Found(False, "the estimate assumes no requests")
    return Found(True, ", ".join(f"{key} {value}" for key, value in found.items()))


def pilot(view: View) -> Found:
    """What the pilot cost is known, so that production can be held against it."""
    cost = view.said.get("pilotMonthlyCost")
    return Found(True, f"USD {cost:g} a month") if cost else Found(False, "what the pilot cost is not said")


def ratio(view: View) -> Found | None:
    """Production costs a sane multiple of the pilot. Without a pilot's cost there is nothing to compare."""
    cost = view.said.get("pilotMonthlyCost")
    if not cost:
        return None
    after = costs(view.preview).difference.after
    found = pilot_ratio(after.by("model").get(view.model, 0.0), cost)
    text = f"{found.value:.1f} pilots; sane is {LEAST_PILOTS:g} to {MOST_PILOTS:g}"
    if bare := after.unpriced.get(view.model):
        return Found(None, f"at least {text}; without a price: {', '.join(bare)}")
    return Found(found.inside, text)


def _budget(view: View, tag: str) -> Found:
    """A budget that filters by the tag and has subscribers; the key of a user's tag may have a prefix."""
    found = [step for step in view.all(_BUDGET) if any(value.endswith(tag) for value in _values(step))]
    if not found:
        return Found(False, f"no budget filters by {tag}")
    mute = [step.name for step in found if not any(_hears(each) for each in listed(at(step, "notifications")))]
    if mute:
        return Found(False, f"nobody hears of {', '.join(mute)}")
    return Found(True, f"USD {at(found[0], 'limitAmount')} a month")


def _values(step: Step) -> list[str]:
    filters = listed(at(step, "costFilters"))
    return [str(value) for each in filters for value in listed(each.get("values"))]


def _hears(notification: Mapping[str, Any]) -> bool:
    keys = ("subscriberEmailAddresses", "subscriberSnsTopicArns")
    return any(listed(notification.get(key)) for key in keys)


def _budget_lines(view: View) -> Mapping[str, Any]:
    """The figures are for people to set."""
    there = view.block("budget")
    return {
        "takeoff:budget": {"monthly": there.get("monthly", 1000), "email": list(there.get("email") or [view.owner])}
    }


def _model_budget_lines(view: View) -> Mapping[str, Any]:
    """The stack's budget holds the models', so it grows where it must."""
    lines = dict(_budget_lines(view))
    others = sum(entry.get("monthlyBudget", 0) for entry in view.preview.models.values())
    block = lines["takeoff:budget"]
    lines["takeoff:budget"] = {**block, "monthly": max(block["monthly"], others + 500)}
    return {**lines, **view.for_model(monthlyBudget=500)}


def _usage_lines(view: View) -> Mapping[str, Any]:
    return view.for_model(usage={"requestsPerMonth": 1_000_000, "requestKb": 1, "answerKb": 1})


ROWS = (
    Row(name="stack budget", group="Cost", pods=True, look=stack_budget, lines=_budget_lines),
    Row(name="model budget", group="Cost", pods=True, look=model_budget, lines=_model_budget_lines),
    Row(name="usage", group="Cost", pods=True, look=usage, lines=_usage_lines),
    Row(
        name="pilot cost", group="Cost", pods=True, look=pilot, lines=lambda view: view.for_model(pilotMonthlyCost=100)
    ),
    Row(name="pilot ratio", group="Cost", pods=True, look=ratio),
)
