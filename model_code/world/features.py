"""The synthetic world's features: how each looks on day 0, and how much each weighs in the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from model_code.contract import Feature

PROTECTED, OTHERS = "B", "A"
"""The protected group of customers, and everybody else. The group is no feature: no model is given it."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number: a bell-shaped latent value, mean 0 and deviation 1 on day 0, put on a scale of its own."""

    name: str
    description: str
    scale: Literal["plain", "exponential", "share"]
    """value = centre + spread * latent, its exponential, or 1 / (1 + exp(-it)), a share between 0 and 1."""
    centre: float
    spread: float
    whole: tuple[int, int] | None = None
    """Smallest and largest value of an integer; nothing is rounded or cut where it is not given."""
    missing: float = 0.0
    """Share of rows that lack it on day 0."""
    weight: float = 0.0
    """Log-odds of the bad outcome for one deviation more."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of a few names, with their shares on day 0 and the log-odds of the bad outcome that each adds."""

    name: str
    description: str
    shares: Mapping[str, float]
    weights: Mapping[str, float] = field(default_factory=dict)
    missing: float = 0.0


FEATURES: tuple[Quantity | Choice, ...] = (
    Quantity(
        name="amount",
        description="what the transaction is about, EUR",
        scale="exponential",
        centre=5.0,
        spread=0.8,
        weight=0.5,
    ),
    Quantity(
        name="income",
        description="the customer's yearly income, EUR",
        scale="exponential",
        centre=10.4,
        spread=0.5,
        missing=0.02,
        weight=-0.9,
    ),
    Quantity(
        name="utilisation",
        description="share of the credit line in use",
        scale="share",
        centre=-0.8,
        spread=1.0,
        weight=1.0,
    ),
    Quantity(
        name="age",
        description="the customer's age, years",
        scale="plain",
        centre=45,
        spread=13,
        whole=(18, 99),
        weight=-0.3,
    ),
    Quantity(
        name="account_months",
        description="months since the account was opened",
        scale="exponential",
        centre=3.6,
        spread=0.9,
        whole=(1, 600),
        weight=-0.5,
    ),
    Quantity(
        name="recent_transactions",
        description="transactions of the thirty days before, a cause of nothing",
        scale="exponential",
        centre=2.5,
        spread=0.6,
        whole=(1, 500),
    ),
    Choice(
        name="channel",
        description="where the transaction came in",
        shares={"web": 0.5, "mobile": 0.3, "branch": 0.15, "partner": 0.05},
        weights={"branch": -0.4, "partner": 0.8},
    ),
    Choice(
        name="purpose",
        description="what the money is for",
        shares={"goods": 0.45, "travel": 0.25, "services": 0.2, "gaming": 0.1},
        weights={"travel": 0.2, "services": -0.2, "gaming": 0.6},
    ),
)

BY_NAME: Mapping[str, Quantity | Choice] = {feature.name: feature for feature in FEATURES}

OF_CUSTOMERS = ("income", "age", "account_months")
"""The features that are a customer's own, the same in each of its transactions until one drifts."""

WEIGHTS: Mapping[str, float] = {
    key: weight
    for feature in FEATURES
    for key, weight in (
        [(feature.name, feature.weight)]
        if isinstance(feature, Quantity)
        else [(f"{feature.name}={choice}", feature.weights.get(choice, 0.0)) for choice in feature.shares]
    )
}
"""Log-odds on day 0: by name for a quantity, per deviation; by `name=choice` for a choice."""


def inputs() -> tuple[Feature, ...]:
    """The features as a model's spec declares them. Amounts have no upper bound, and no minimum below 0."""
    return tuple(_input(feature) for feature in FEATURES)


def _input(feature: Quantity | Choice) -> Feature:
    name, description = feature.name, feature.description
    if isinstance(feature, Choice):
        return Feature(name=name, description=description, dtype="category", categories=tuple(feature.shares))
    if feature.whole:
        low, high = feature.whole
        return Feature(name=name, description=description, dtype="integer", minimum=low, maximum=high)
    most = 1 if feature.scale == "share" else None
    return Feature(name=name, description=description, minimum=0, maximum=most)
