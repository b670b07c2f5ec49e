"""Budgets that break, budgets that cannot be proven, and what production costs in pilots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from catalog.spending import over_budget, pilot_ratio
from catalog.statement import Item, Statement


def spent(unpriced: Mapping[str, Sequence[str]] | None = None, **models: float) -> Statement:
    items = [
        Item(model=model, owner="", pool="", dimension="kms-key", quantity=usd, usd=usd, unit="month")
        for model, usd in models.items()
    ]
    return Statement(items=tuple(items), unpriced=unpriced or {}, region="us-east-1", read="2026-11-22")


@pytest.mark.parametrize(
    ("production", "inside"), [(299.99, False), (300, True), (400, True), (500, True), (500.01, False), (0, False)]
)
def test_production_is_sane_at_three_to_five_pilots(production: float, inside: bool) -> None:
    ratio = pilot_ratio(production, 100)
    assert (ratio.value, ratio.inside) == (production / 100, inside)


def test_a_pilot_that_cost_nothing_is_a_mistake() -> None:
    for pilot in (0, -1):
        with pytest.raises(ValueError, match=r"pilotMonthlyCost: got .*; allowed: more than 0"):
            pilot_ratio(100, pilot)


def test_a_budget_holds_up_to_its_last_dollar() -> None:
    assert over_budget(spent(platform=40, m=60), 100, {"m": 60}) == []


def test_each_budget_that_breaks_says_what_it_got_what_was_allowed_and_where_that_stands() -> None:
    stack, model = over_budget(spent(platform=40.5, m=60, n=10), 100, {"n": 10, "m": 59})
    assert (stack.kind, stack.what, stack.got, stack.allowed, stack.where) == (
        "over",
        "stack",
        110.5,
        100,
        "budget.monthly",
    )
    assert (model.kind, model.what, model.got, model.where) == ("over", "m", 60, "models.m.monthlyBudget")
    assert str(model) == (
        "m: got USD 60.00 a month; allowed: 59.00; fix it in what is declared, or in models.m.monthlyBudget"
    )


def test_no_budget_is_broken_where_none_is_declared() -> None:
    assert over_budget(spent(m=1e6), None, {}) == []


def test_a_model_that_costs_nothing_keeps_its_budget() -> None:
    assert over_budget(spent(), None, {"m": 1}) == []


def test_a_budget_is_not_kept_by_leaving_something_without_a_price() -> None:
    statement = spent(
        {"m": ["hosting:ml.p5.48xlarge"], "platform": ["aws:eks/fargateProfile:FargateProfile"]}, m=1, n=1
    )
    stack, model = over_budget(statement, 100, {"m": 50, "n": 50})
    assert (stack.kind, stack.what) == ("unpriced", "stack")
    assert stack.unpriced == ("aws:eks/fargateProfile:FargateProfile", "hosting:ml.p5.48xlarge")
    assert (model.kind, model.what, model.unpriced) == ("unpriced", "m", ("hosting:ml.p5.48xlarge",))
    assert "got at least USD 1.00 a month and what has no price (hosting:ml.p5.48xlarge)" in str(model)


def test_a_budget_that_breaks_without_what_has_no_price_is_broken() -> None:
    (model,) = over_budget(spent({"m": ["x"]}, m=51), None, {"m": 50})
    assert model.kind == "over"


def test_a_model_that_is_called_stack_has_its_own_budget() -> None:
    statement = spent({"platform": ["x"]}, stack=1, platform=1)
    assert over_budget(statement, None, {"stack": 5}) == []
