"""The synthetic world itself: its days in any order, what is known of them by when, and what they earn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model_code.errors import UnusableError
from model_code.world.chance import Bools, Chance, Floats, Integers, Random, Texts, generator
from model_code.world.columns import Columns, Customers, columns, log_odds, sigmoid
from model_code.world.features import OTHERS, PROTECTED
from model_code.world.knobs import CONTROL, Knobs, KnobsError
from model_code.world.reference import Reference
from model_code.world.truth import LOSS, MARGIN, Truth

_IDS_A_DAY = 10_000_000
_SECONDS = 86_400


class WorldError(UnusableError):
    """A question that the world has no answer to."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Day:
    """A day's transactions, in the order of their time; every array has one entry for each."""

    number: int
    ids: Integers
    """Unique over all days."""
    customers: Integers
    seconds: Integers
    """Since the day began."""
    group: Texts
    """The customer's: `B` is the protected one. It is no feature."""
    columns: Columns
    """By feature, in the order of features.FEATURES."""
    score: Floats
    """What the best possible model of day 0 says to these columns, and whatever wrong Unfairness adds to it."""

    def __len__(self) -> int:
        return len(self.ids)

    def __str__(self) -> str:
        return f"synthetic day {self.number}: {len(self)} transactions"


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """Outcomes, in the order of the days of their transactions; every array has one entry for each."""

    ids: Integers
    days: Integers
    """Of the transaction."""
    known: Integers
    """The day on whose end the outcome is known."""
    bad: Bools
    """As it is recorded: see Unfairness.labels."""

    def __len__(self) -> int:
        return len(self.ids)

    def __str__(self) -> str:
        return f"synthetic outcomes: {len(self)}, {np.count_nonzero(self.bad)} of them bad"


class World:
    """A seeded synthetic world. Equal seeds and knobs give equal worlds; no real person or payment is behind any."""

    def __init__(self, seed: int, knobs: Knobs | None = None) -> None:
        if seed < 0:
            raise KnobsError(f"seed is {seed}; allowed: 0 or more; correct it where the synthetic world is made")
        self.seed = seed
        self.knobs = knobs or Knobs()

    def day(self, number: int) -> Day:
        """The transactions of a day, counted from 0. Needs no other day, and is the same however often it is asked."""
        chance, who, seen = self._made(number)
        wrong = self.knobs.unfairness_on(number).scores * self._customers.protected[who]
        return Day(
            number=number,
            ids=number * _IDS_A_DAY + np.arange(len(who)),
            customers=who,
            seconds=np.sort((chance.uniform("second") * _SECONDS).astype(np.int64)),
            group=np.where(self._customers.protected[who], PROTECTED, OTHERS),
            columns=seen,
            score=sigmoid(log_odds(seen, None) + self._reference.intercept(0) + wrong),
        )

    def outcomes_known(self, by_day: int, since: int = 0) -> Outcomes:
        """The outcomes that became known on the days `since` to `by_day`, both included.

        `since=by_day` is that day's news, and takes the making of at most `knobs.delay.longest + 1` days.
        """
        delay = self.knobs.delay
        first = max(0, since - delay.longest)
        parts = [self._outcomes(day) for day in range(first, by_day - delay.minimum + 1)]
        kept = [part for part in parts if len(part)] or [_NONE]
        ids, days, known, bad = (np.concatenate([getattr(p, name) for p in kept]) for name in _FIELDS)
        now = (known >= since) & (known <= by_day)
        return Outcomes(ids=ids[now], days=days[now], known=known[now], bad=bad[now])

    def probability(self, number: int) -> Floats:
        """The true probability of a bad outcome of each of a day's transactions, which nobody in the world knows."""
        _, _, seen = self._made(number)
        return self._probability(number, seen)

    def revenue(self, number: int, approved: Bools, arms: Texts | None = None) -> Floats:
        """EUR that each of a day's transactions earns once its outcome is known, given what was decided of it.

        An approved one earns `MARGIN` of its amount, or costs `LOSS` of it if its true outcome is bad; a declined one
        earns nothing, nor does one whose amount is missing. The arm of an experiment, if any, adds its effect of
        Knobs.effects to every decision. Raises WorldError for decisions or arms of another number than the day's
        transactions, or an unknown arm.
        """
        chance, who, seen = self._made(number)
        arms = np.full(len(who), CONTROL) if arms is None else arms
        for what, given in (("decisions", approved), ("arms", arms)):
            if len(given) != len(who):
                raise WorldError(f"{len(given)} {what} for synthetic day {number}; it has {len(who)} transactions")
        effects = {CONTROL: 0.0, **self.knobs.effects}
        if unknown := set(np.unique(arms).tolist()) - set(effects):
            allowed = ", ".join(effects)
            raise WorldError(f"arm {min(unknown)!r} has no effect; allowed: {allowed}; add it to Knobs.effects")
        bad = self._bad(chance, self._probability(number, seen))
        amount = np.nan_to_num(np.asarray(seen["amount"], dtype=np.float64))
        earned = np.where(approved, amount * np.where(bad, -LOSS, MARGIN), 0.0)
        for arm, effect in effects.items():
            earned += effect * (arms == arm)
        return earned

    @cached_property
    def truth(self) -> Truth:
        """What is true of this world, for judging what is found in it."""
        return Truth(self.knobs, self._reference)

    def __str__(self) -> str:
        changed = ", ".join(_changes(self.knobs)) or "nothing changes"
        size = f"{self.knobs.customers} customers, about {self.knobs.traffic:g} transactions a day"
        return f"synthetic world (seed {self.seed}): {size}; {changed}"

    @cached_property
    def _customers(self) -> Customers:
        return Customers.of(self.seed, self.knobs)

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self.seed, self.knobs, self._customers)

    def _made(self, number: int) -> tuple[Chance, Integers, Columns]:
        if number < 0:
            raise WorldError(f"day {number} of a synthetic world; its days begin at 0")
        size = int(generator(self.seed, number, "traffic").poisson(self.knobs.traffic))
        who = generator(self.seed, number, "customers").integers(self.knobs.customers, size=size)
        chance = Random(self.seed, number, size)
        return chance, who, columns(chance, self._customers, who, self.knobs, number)

    def _probability(self, number: int, seen: Columns) -> Floats:
        return sigmoid(log_odds(seen, self.knobs.concept_on(number)) + self._reference.intercept(number))

    @staticmethod
    def _bad(chance: Chance, probability: Floats) -> Bools:
        return chance.uniform("outcome") < probability

    def _outcomes(self, number: int) -> Outcomes:
        chance, who, seen = self._made(number)
        wronged = chance.uniform("wrong label") < self.knobs.unfairness_on(number).labels
        bad = self._bad(chance, self._probability(number, seen)) | (wronged & self._customers.protected[who])
        delay = self.knobs.delay
        further = generator(self.seed, number, "delay").geometric(1 / (1 + delay.mean - delay.minimum), chance.size)
        waited = delay.minimum + further - 1
        told = (waited <= delay.longest) & (chance.uniform("never") >= delay.never)
        days = np.full(chance.size, number)
        ids = number * _IDS_A_DAY + np.arange(chance.size)
        return Outcomes(ids=ids[told], days=days[told], known=(days + waited)[told], bad=bad[told])


_FIELDS = ("ids", "days", "known", "bad")
_NO_NUMBERS = np.zeros(0, dtype=np.int64)
_NONE = Outcomes(ids=_NO_NUMBERS, days=_NO_NUMBERS, known=_NO_NUMBERS, bad=np.zeros(0, dtype=bool))


def _changes(knobs: Knobs) -> list[str]:
    changes = [f"{drift.feature} drifts from day {drift.from_day}" for drift in knobs.drifts if drift.changes]
    changes += [f"concept drifts from day {concept.from_day}" for concept in knobs.concept]
    wrong = knobs.unfairness
    return changes + (
        [f"group {PROTECTED} is wronged from day {wrong.from_day}"] if wrong.labels or wrong.scores else []
    )
