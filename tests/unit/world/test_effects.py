"""What plain estimators find in groups, late outcomes, revenue and arms is the truth, over twenty seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model_code.world.knobs import Knobs
from model_code.world.truth import APPROVE_BELOW
from model_code.world.world import World
from tests.unit.world.estimators import agree, present, z
from tests.unit.world.sample import BEFORE, EPOCHS, KNOBS, SEEDS, TRAFFIC, seen, world


@EPOCHS
def test_how_each_group_fares_is_found(days: range) -> None:
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        sample = seen(seed, days)
        approved = sample.score < APPROVE_BELOW
        for name, group in (("A", ~sample.protected), ("B", sample.protected)):
            truth = world(seed).truth.on(days[0]).groups[name]
            for figure, expected, values in (
                ("share", truth.share, group),
                ("base rate", truth.base_rate, sample.bad[group]),
                ("approved", truth.approved, approved[group]),
                ("good approved", truth.good_approved, approved[group & ~sample.bad]),
            ):
                error = (expected * (1 - expected) / len(values)) ** 0.5
                found.setdefault(f"{name}: {figure}", []).append(z(values.mean(), expected, error))
    for scores in found.values():
        agree(scores)


def test_recorded_outcomes_are_worse_than_true_ones_for_the_protected_group_alone() -> None:
    scores = []
    for seed in SEEDS:
        outcomes = world(seed).outcomes_known(3 + KNOBS.delay.longest)
        protected = np.concatenate([world(seed).day(day).group == "B" for day in BEFORE])
        ids = np.concatenate([world(seed).day(day).ids for day in BEFORE])
        recorded = outcomes.bad[np.isin(outcomes.ids, ids[protected])]
        truth = world(seed).truth.on(0).groups
        assert truth["A"].recorded_rate == truth["A"].base_rate
        rate = truth["B"].recorded_rate
        assert rate == pytest.approx(truth["B"].base_rate + 0.1 * (1 - truth["B"].base_rate))
        scores.append(z(recorded.mean(), rate, (rate * (1 - rate) / len(recorded)) ** 0.5))
    agree(scores)


def test_outcomes_come_as_late_as_stated() -> None:
    for waited in (1, 3, 8):
        share, scores = KNOBS.delay.known(waited), []
        for seed in SEEDS:
            known = world(seed).outcomes_known(waited, 0)
            made = len(world(seed).day(0))
            found = float((known.days == 0).sum() / made)
            scores.append(z(found, share, (share * (1 - share) / made) ** 0.5))
        agree(scores)


@EPOCHS
def test_revenue_per_decision_is_found(days: range) -> None:
    scores = []
    for seed in SEEDS:
        revenue = seen(seed, days).revenue()
        scores.append(z(revenue.mean(), world(seed).truth.on(days[0]).revenue, revenue.std() / len(revenue) ** 0.5))
    agree(scores)


def test_a_treatments_effect_is_found_by_the_difference_of_the_arms() -> None:
    scores = []
    for seed in SEEDS:
        parts: dict[str, list[NDArray[np.float64]]] = {"control": [], "dearer": []}
        for number in BEFORE:
            day = world(seed).day(number)
            arms = np.where(np.random.default_rng([seed, 1]).random(KNOBS.customers)[day.customers] < 0.5, *parts)
            revenue = world(seed).revenue(number, day.score < APPROVE_BELOW, arms)
            for arm, values in parts.items():
                values.append(revenue[arms == arm])
        control, dearer = (np.concatenate(values) for values in parts.values())
        error = (control.var() / len(control) + dearer.var() / len(dearer)) ** 0.5
        scores.append(z(dearer.mean() - control.mean(), world(seed).truth.effect("dearer"), error))
    agree(scores)
    assert world(SEEDS[0]).truth.effect("control") == 0
    with pytest.raises(KeyError):
        world(SEEDS[0]).truth.effect("cheaper")


def test_traffic_is_found() -> None:
    totals = [sum(len(world(seed).day(day)) for day in BEFORE) for seed in SEEDS]
    agree(z(total, 4 * TRAFFIC, (4 * TRAFFIC) ** 0.5) for total in totals)


def test_the_protected_groups_incomes_lie_lower_by_the_proxy() -> None:
    scores = []
    for seed in SEEDS:
        sample = seen(seed, BEFORE)
        latent = (np.log(np.asarray(sample.columns["income"], dtype=np.float64)) - 10.4) / 0.5
        groups = [present(latent[rows]) for rows in (sample.protected, ~sample.protected)]
        error = sum(group.var() / len(group) for group in groups) ** 0.5
        scores.append(z(groups[0].mean() - groups[1].mean(), -KNOBS.proxy, error))
    # Incomes are the customers' own, drawn once: their spread is not all chance of these days.
    assert abs(float(np.mean(scores))) * 20**0.5 < 4
    assert max(map(abs, scores)) < 4.5


def test_a_customers_amounts_go_together_so_that_earlier_ones_predict_later_revenue() -> None:
    for seed in SEEDS[:5]:
        regulars = World(seed, Knobs(customers=1_000, traffic=1_000))
        sums, counts = np.zeros((2, 1_000)), np.zeros((2, 1_000))
        for day in map(regulars.day, range(20)):
            amounts = np.log(np.asarray(day.columns["amount"], dtype=np.float64))
            np.add.at(sums[day.number % 2], day.customers, amounts)
            np.add.at(counts[day.number % 2], day.customers, 1)
        both = (counts > 0).all(axis=0)
        means = sums[:, both] / counts[:, both]
        # Of means over about 10 amounts each, of correlation 0.6 one by one: 0.6 / (0.6 + 0.4 / 10) (Spearman, Brown).
        assert abs(np.atleast_2d(np.corrcoef(means))[0, 1] - 0.93) < 0.03
