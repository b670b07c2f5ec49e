"""A world in which everything changes, by twenty seeds that no knob was tuned on, and what happens in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from model_code.world.features import FEATURES
from model_code.world.knobs import ConceptDrift, Drift, Knobs, LabelDelay, Unfairness
from model_code.world.truth import APPROVE_BELOW
from model_code.world.world import World

SEEDS = range(1_000, 1_020)
TRAFFIC = 1_000
# Days 0-3 are as ever; from day 4 inputs drift and from day 8 the concept. Four days of each are looked at.
KNOBS = Knobs(
    traffic=TRAFFIC,
    delay=LabelDelay(minimum=1, mean=4, longest=12, never=0.05),
    drifts=(
        Drift(feature="amount", from_day=4, shift=0.5),
        Drift(feature="income", from_day=4, scale=1.3, missing=0.15),
        Drift(feature="age", from_day=4, shift=-0.3),
        Drift(feature="channel", from_day=4, new_category="kiosk", share=0.1, missing=0.05),
        Drift(feature="purpose", from_day=4, shift=0.25),
        Drift(feature="utilisation", from_day=4, follows="amount", correlation=0.5),
    ),
    concept=(ConceptDrift(from_day=8, weights={"income": 0.4, "utilisation": -0.5, "channel=kiosk": 1.5}),),
    unfairness=Unfairness(labels=0.1, scores=0.6),
    effects={"dearer": 1.5},
)
BEFORE, DRIFTED, CHANGED = range(4), range(4, 8), range(8, 12)
EPOCHS = pytest.mark.parametrize("days", [BEFORE, DRIFTED, CHANGED], ids=["before", "drifted", "changed"])


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Four days put together, with their recorded and their true outcomes."""

    columns: dict[str, NDArray[np.float64] | NDArray[np.str_]]
    score: NDArray[np.float64]
    best: NDArray[np.float64]
    protected: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    earned: NDArray[np.float64]
    """By approving everything."""

    def revenue(self) -> NDArray[np.float64]:
        """By approving what scores low enough."""
        return np.where(self.score < APPROVE_BELOW, self.earned, 0.0)


@cache
def world(seed: int) -> World:
    return World(seed, KNOBS)


@cache
def seen(seed: int, days: range) -> Seen:
    made = [world(seed).day(day) for day in days]
    earned = np.concatenate([world(seed).revenue(day.number, np.ones(len(day), dtype=bool)) for day in made])
    return Seen(
        columns={f.name: np.concatenate([day.columns[f.name] for day in made]) for f in FEATURES},
        score=np.concatenate([day.score for day in made]),
        best=np.concatenate([world(seed).probability(day) for day in days]),
        protected=np.concatenate([day.group == "B" for day in made]),
        bad=earned < 0,
        earned=earned,
    )
