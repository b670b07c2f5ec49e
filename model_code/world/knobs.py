"""Everything that can be turned in the synthetic world; the defaults are a world in which nothing changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from model_code.errors import UnusableError
from model_code.world.features import BY_NAME, WEIGHTS, Choice, Quantity

CONTROL = "control"
"""The arm of an experiment that changes nothing."""
MOST_A_DAY = 5_000_000
_LATER = "1 or more: day 0 is what others are compared with"


class KnobsError(UnusableError):
    """A knob beyond what it can be; the text says what came and what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One feature looks different from a day on, until a later Drift of that feature takes this one's place.

    `Drift(feature=..., from_day=...)` alone puts the feature back as it was on day 0.
    """

    feature: str
    from_day: int
    shift: float = 0.0
    """Added to the latent value, in deviations of day 0; -10 to 10. A choice moves toward its later names."""
    scale: float = 1.0
    """The latent value's deviation, as a multiple of day 0's. Above 0, at most 10."""
    missing: float | None = None
    """Share of rows that lack it. None: as on day 0."""
    new_category: str = ""
    """A name that no row of day 0 has; only for a choice, and only with `share`."""
    share: float = 0.0
    """Share of the rows that have a value which have the new name."""
    follows: str = ""
    """Another feature, which this one now goes along with: only the joint distribution changes (but see `proxy`)."""
    correlation: float = 0.0
    """Of the two latent values, between -1 and 1; only with `follows`."""

    def __post_init__(self) -> None:
        where = f"drift of {self.feature}"
        feature = BY_NAME.get(self.feature)
        _need(feature is not None, "drift of a feature", self.feature, ", ".join(BY_NAME))
        _need(self.from_day >= 1, f"{where}: from_day", self.from_day, _LATER)
        _need(-10 <= self.shift <= 10, f"{where}: shift", self.shift, "-10 to 10 deviations")
        _need(0 < self.scale <= 10, f"{where}: scale", self.scale, "above 0, to 10")
        _need(self.missing is None or 0 <= self.missing <= 1, f"{where}: missing", self.missing, "0 to 1, or None")
        _need(0 <= self.share <= 1, f"{where}: share", self.share, "0 to 1")
        _need(bool(self.new_category) == (self.share > 0), f"{where}: share", self.share, "above 0 with new_category")
        if self.new_category:
            new = isinstance(feature, Choice) and self.new_category not in feature.shares
            _need(new, f"{where}: new_category", self.new_category, "for a choice, a name that it does not have")
        others = [name for name in BY_NAME if name != self.feature]
        _need(self.follows in ("", *others), f"{where}: follows", self.follows, ", ".join(others))
        _need(-1 <= self.correlation <= 1, f"{where}: correlation", self.correlation, "-1 to 1")
        paired = bool(self.follows) == (self.correlation != 0)
        _need(paired, f"{where}: correlation", self.correlation, "other than 0 with follows, 0 without")

    @property
    def changes(self) -> bool:
        """Whether the feature looks other than on day 0."""
        same = BY_NAME[self.feature].missing
        back = (self.shift, self.scale, self.share, self.follows) == (0.0, 1.0, 0.0, "")
        return not (back and self.missing in (None, same))


@dataclass(frozen=True, kw_only=True)
class ConceptDrift:
    """The same inputs mean something else from a day on, until a later ConceptDrift takes this one's place."""

    from_day: int
    weights: Mapping[str, float] = field(default_factory=dict)
    """Log-odds as in features.WEIGHTS, for what differs from day 0; a new category's, `channel=kiosk`, as well."""
    base_rate: float | None = None
    """Share of bad outcomes from that day on. None: whatever the weights make of it."""

    def __post_init__(self) -> None:
        _need(self.from_day >= 1, "concept drift: from_day", self.from_day, _LATER)
        _need(bool(self.weights) or self.base_rate is not None, "concept drift", "no change", "weights or base_rate")
        if self.base_rate is not None:
            _need(0 < self.base_rate < 1, "concept drift: base_rate", self.base_rate, "between 0 and 1")
        for key, weight in self.weights.items():
            name, _, choice = key.partition("=")
            known = key in WEIGHTS or (bool(choice) and isinstance(BY_NAME.get(name), Choice))
            allowed = ", ".join([*(n for n, f in BY_NAME.items() if isinstance(f, Quantity)), "channel=NAME"])
            _need(known, "concept drift: weight of", key, allowed)
            _need(-20 <= weight <= 20, f"concept drift: weight of {key}", weight, "-20 to 20")


@dataclass(frozen=True, kw_only=True)
class LabelDelay:
    """Days until an outcome is known: `minimum` and a geometric number of days more, cut off at `longest`.

    An outcome that would take longer than `longest` is never known, nor is the share `never` of all others.
    """

    minimum: int = 2
    mean: float = 7.0
    """Of the distribution before it is cut off, days."""
    longest: int = 60
    never: float = 0.0

    def __post_init__(self) -> None:
        _need(self.minimum >= 0, "label delay: minimum", self.minimum, "0 or more")
        _need(self.minimum <= self.mean < math.inf, "label delay: mean", self.mean, "minimum or more")
        _need(self.minimum <= self.longest <= 3_650, "label delay: longest", self.longest, "minimum to 3650")
        _need(0 <= self.never <= 1, "label delay: never", self.never, "0 to 1")

    def known(self, days: int) -> float:
        """The share of outcomes known so many days after their transaction, that day included."""
        waited = min(days, self.longest) - self.minimum
        if waited < 0:
            return 0.0
        further = self.mean - self.minimum
        # P(G <= k) = 1 - (1 - p)^(k + 1) for the failures before the first success, whose mean is (1 - p) / p.
        return (1 - self.never) * (1 - (further / (1 + further)) ** (waited + 1))


@dataclass(frozen=True, kw_only=True)
class Unfairness:
    """A wrong done to the protected group from a day on."""

    from_day: int = 0
    labels: float = 0.0
    """Share of its good outcomes that are recorded as bad ones."""
    scores: float = 0.0
    """Log-odds that the reference score adds for its transactions."""

    def __post_init__(self) -> None:
        _need(self.from_day >= 0, "unfairness: from_day", self.from_day, "0 or more")
        _need(0 <= self.labels <= 1, "unfairness: labels", self.labels, "0 to 1")
        _need(-20 <= self.scores <= 20, "unfairness: scores", self.scores, "-20 to 20")


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """What a world is like. Nothing drifts, nobody is wronged and no treatment has an effect unless it stands here."""

    customers: int = 20_000
    traffic: float = 1_000.0
    """Transactions a day on average; a day's number is a Poisson one."""
    base_rate: float = 0.1
    """Share of bad outcomes on day 0."""
    protected_share: float = 0.3
    """Share of customers in the protected group."""
    proxy: float = 0.4
    """Deviations by which that group's incomes lie lower: what lets a model see the group without being told."""
    delay: LabelDelay = field(default_factory=LabelDelay)
    drifts: tuple[Drift, ...] = ()
    concept: tuple[ConceptDrift, ...] = ()
    unfairness: Unfairness = field(default_factory=Unfairness)
    effects: Mapping[str, float] = field(default_factory=dict)
    """By arm of an experiment, beside `control`: EUR that it adds to the revenue of every decision."""

    def __post_init__(self) -> None:
        _need(2 <= self.customers <= 1_000_000, "customers", self.customers, "2 to 1000000")
        _need(0 <= self.traffic <= MOST_A_DAY, "traffic", self.traffic, f"0 to {MOST_A_DAY} transactions a day")
        _need(0 < self.base_rate < 1, "base_rate", self.base_rate, "between 0 and 1")
        _need(0 < self.protected_share < 1, "protected_share", self.protected_share, "between 0 and 1")
        _need(-3 <= self.proxy <= 3, "proxy", self.proxy, "-3 to 3 deviations")
        drifts = [(drift.feature, drift.from_day) for drift in self.drifts]
        _need(len(set(drifts)) == len(drifts), "drifts", drifts, "one of a feature on a day")
        days = [change.from_day for change in self.concept]
        _need(len(set(days)) == len(days), "concept", days, "one on a day")
        for arm, effect in self.effects.items():
            _need(arm not in ("", CONTROL), "effect of arm", arm, f"any name but {CONTROL}, which has none")
            _need(math.isfinite(effect), f"effect of arm {arm}", effect, "a finite number of EUR")

    def drift(self, feature: str, day: int) -> Drift:
        """How the feature looks on that day."""
        past = [d for d in self.drifts if d.feature == feature and d.from_day <= day]
        return max(past, key=lambda d: d.from_day, default=Drift(feature=feature, from_day=1))

    def concept_on(self, day: int) -> ConceptDrift | None:
        """The concept drift that holds on that day."""
        return max((c for c in self.concept if c.from_day <= day), key=lambda c: c.from_day, default=None)

    def unfairness_on(self, day: int) -> Unfairness:
        """What wrong is done on that day."""
        return self.unfairness if self.unfairness.from_day <= day else Unfairness()

    def since(self, day: int) -> int:
        """The first of the days, this one the last of them, on which the world is the same throughout."""
        wrong = self.unfairness
        changes = [drift.from_day for drift in self.drifts] + [concept.from_day for concept in self.concept]
        changes += [wrong.from_day] if wrong.labels or wrong.scores else []
        return max((change for change in changes if change <= day), default=0)


def _need(holds: bool, what: str, got: object, allowed: str) -> None:
    if not holds:
        raise KnobsError(f"{what} is {got!r}; allowed: {allowed}; correct it in the Knobs of the synthetic world")
