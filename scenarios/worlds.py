"""Which synthetic world the live model was trained on, and what that may turn into: a loop can be played again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal, Self

from model_code.risk.data import rows
from model_code.world.knobs import ConceptDrift, Drift, Knobs
from model_code.world.world import World

Concept = Literal["plain", "one", "other"]
# The world of the model's first data set (model_code/risk/data.py), so that nothing has drifted when the loop begins.
SEED, KNOBS = 2026, Knobs(traffic=200.0, customers=5_000)
# Both move the risk, in opposite directions: the inputs look different, and as many outcomes are bad as before.
_INPUTS = (Drift(feature="amount", from_day=1, shift=1.5), Drift(feature="income", from_day=1, shift=0.85))
# What outcomes depend on: a model that has learnt one is wrong about the other, and about most of what was plain.
# Income counts for nothing in either: it gives the group away, and the fairness gate would ask a person.
_CONCEPTS = {
    "one": ConceptDrift(from_day=1, weights={"amount": 2.0, "income": 0.0, "utilisation": 1.5}, base_rate=0.4),
    "other": ConceptDrift(from_day=1, weights={"amount": -2.0, "income": 0.0, "utilisation": -1.5}, base_rate=0.4),
}
_NEXT: dict[Concept, Concept] = {"plain": "one", "one": "other", "other": "one"}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A state of the world: whether its inputs are shifted, and what outcomes depend on."""

    shifted: bool = False
    concept: Concept = "plain"

    def with_other_inputs(self) -> Self:
        """The same outcomes for other customers."""
        return replace(self, shifted=not self.shifted)

    def with_other_concept(self) -> Self:
        """The same customers, whose outcomes depend on other things."""
        return replace(self, concept=_NEXT[self.concept])

    def world(self) -> World:
        """The world in this state, from its day 1 on."""
        concept = (_CONCEPTS[self.concept],) if self.concept in _CONCEPTS else ()
        return World(SEED, replace(KNOBS, drifts=_INPUTS if self.shifted else (), concept=concept))

    def data(self, first: int, days: int = 31) -> str:
        """The rows of some days whose outcome became known, as CSV."""
        world = self.world()
        return rows(world, range(first, first + days), first + days + world.knobs.delay.longest)

    def document(self) -> dict[str, object]:
        """What is kept of it beside the model's data set."""
        return asdict(self)
