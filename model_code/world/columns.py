"""From chance to the columns that a model sees, and from those columns to the odds of a bad outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from model_code.world.chance import Bools, Chance, Floats, Integers, Spread
from model_code.world.features import BY_NAME, FEATURES, OF_CUSTOMERS, WEIGHTS, Choice, Quantity
from model_code.world.knobs import ConceptDrift, Drift, Knobs

Columns = Mapping[str, NDArray[np.float64] | NDArray[np.str_]]

MISSING = ""
"""A choice that is missing; a quantity that is missing is NaN, an integer one as well."""
_EDGE = 1e-9  # of a share: what rounds to 0 or 1 would stand for an infinite latent value
LOYALTY = 0.6
"""Correlation of one customer's latent amounts: what lets earlier spending predict later revenue."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Customers:
    """Who there is: latent values that stay, and who belongs to the protected group."""

    latent: Mapping[str, Floats]
    protected: Bools

    @classmethod
    def of(cls, seed: int, knobs: Knobs) -> Customers:
        """The customers of a world; the protected ones number `protected_share` to the nearest whole."""
        draw = Spread(seed, "customers", knobs.customers)
        most = min(max(round(knobs.protected_share * knobs.customers), 1), knobs.customers - 1)
        protected = draw.uniform("protected") * knobs.customers < most
        latent = {name: draw.normal(name) for name in (*OF_CUSTOMERS, "amount")}
        latent["income"] = latent["income"] - knobs.proxy * protected
        return cls(latent=latent, protected=protected)


def columns(chance: Chance, customers: Customers, who: Integers, knobs: Knobs, day: int) -> Columns:
    """The features of these customers' transactions, as they are recorded on that day.

    Quantities are float64 and NaN where missing, choices are text and empty where missing, whatever the knobs say.
    """
    latent: dict[str, Floats] = {}
    for feature in FEATURES:
        name = feature.name
        if name in OF_CUSTOMERS:
            latent[name] = customers.latent[name][who]
        else:
            latent[name] = chance.normal(name)
    own = customers.latent["amount"][who]
    latent["amount"] = LOYALTY**0.5 * own + (1 - LOYALTY) ** 0.5 * latent["amount"]
    return {feature.name: _recorded(feature, latent, knobs.drift(feature.name, day), chance) for feature in FEATURES}


def _recorded(
    feature: Quantity | Choice, latent: Mapping[str, Floats], drift: Drift, chance: Chance
) -> NDArray[np.float64] | NDArray[np.str_]:
    value = latent[feature.name]
    if drift.follows:
        rho = drift.correlation
        value = rho * latent[drift.follows] + (1 - rho**2) ** 0.5 * value
    value = drift.scale * value + drift.shift
    rate = feature.missing if drift.missing is None else drift.missing
    lacking = chance.uniform(f"{feature.name} missing") < rate if rate else np.zeros(chance.size, dtype=bool)
    if isinstance(feature, Quantity):
        return np.where(lacking, np.nan, on_scale(feature, value))
    names = np.array([*feature.shares, drift.new_category, MISSING])
    at = np.searchsorted(cuts(feature), value)
    if drift.new_category:
        at[chance.uniform(f"{feature.name} new") < drift.share] = len(feature.shares)
    at[lacking] = len(feature.shares) + 1
    return names[at]


def on_scale(feature: Quantity, latent: Floats) -> Floats:
    """The value that stands for a latent one."""
    plain = feature.centre + feature.spread * latent
    match feature.scale:
        case "plain":
            scaled = plain
        case "exponential":
            scaled = np.exp(plain)
        case "share":
            scaled = np.clip(sigmoid(plain), _EDGE, 1 - _EDGE)
    return np.clip(np.round(scaled), *feature.whole) if feature.whole else scaled


def off_scale(feature: Quantity, value: Floats) -> Floats:
    """The latent value that a recorded one stands for, to within rounding; NaN where it is missing."""
    match feature.scale:
        case "plain":
            scaled = value
        case "exponential":
            scaled = np.log(value)
        case "share":
            scaled = np.log(value) - np.log1p(-value)
    return (scaled - feature.centre) / feature.spread


def cuts(feature: Choice) -> Floats:
    """Where the latent value passes from one name to the next."""
    shares = np.cumsum([*feature.shares.values()])[:-1]
    return np.array([NormalDist().inv_cdf(float(share)) for share in shares])


def log_odds(seen: Columns, concept: ConceptDrift | None) -> Floats:
    """The odds of a bad outcome that the recorded values make, without the intercept.

    What is missing, and a name without a weight, adds nothing: nothing that is not recorded decides an outcome.
    """
    weights = {**WEIGHTS, **(concept.weights if concept else {})}
    size = len(next(iter(seen.values())))
    total = np.zeros(size)
    for key, weight in weights.items():
        name, _, choice = key.partition("=")
        feature = BY_NAME[name]
        if not weight:
            continue
        if isinstance(feature, Choice):
            total += weight * (seen[name] == choice)
        else:
            latent = off_scale(feature, np.asarray(seen[name], dtype=np.float64))
            total += weight * np.where(np.isnan(latent), 0.0, latent)
    return total


def sigmoid(log_odds: Floats) -> Floats:
    """The probability of these log-odds. As a tangent, it cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * log_odds))
