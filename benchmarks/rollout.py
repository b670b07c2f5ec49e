"""What Rollout promises of a new version's first requests, by the same code over an account of its own.

False rollbacks: so many rollouts of a candidate that is just as bad as is allowed in every respect at once, each
through `analyse`, the pure step that the function takes, with drawn requests in place of CloudWatch's. The functions
around it are run whole for the rollouts that have to go back, and in the unit tests.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median

import numpy as np

from benchmarks.figure import Figure, say
from benchmarks.rollout_account import ANALYSIS, NEW, OLD, Account, Execution, record, wish
from benchmarks.sequential import bound
from catalog.analysis import Analysis, OnlineMetric, Step
from catalog.desired import Share
from model_code.rollout.analyse import analyse
from model_code.rollout.decide import Observed, UpdateWeights
from model_code.rollout.evidence import Counts, Evidence
from model_code.rollout.records import Decision, State
from model_code.rollout.seen import CANDIDATE, Seen, trials
from model_code.rollout.steps import Decide

TOLERATED, WRONG, MARGIN = 0.01, 0.1, 0.02
HARMFUL = (1.0, 0.5, 0.1, 0.05)
PARTS = 4
# Requests that come in one look; the candidate's share of them is one step's.
A_LOOK = 2_000
GOOD = Analysis(
    steps=tuple(Step(percent=share, requests=200, seconds=180) for share in (10, 25, 50)),
    bake_seconds=300,
    look_seconds=60,
    tolerated=TOLERATED,
    detect=0.04,
    metric=OnlineMetric(margin=MARGIN, least=1_000),
)
# One request a look, all of them the candidate's: how soon the tests decide, apart from how often somebody looks.
SINGLE = replace(ANALYSIS, steps=(Step(percent=99, requests=1_000_000, seconds=0),), tolerated=TOLERATED)


def measure(*, quick: bool) -> list[Figure]:
    """False rollbacks, requests harmed and seconds to return, with the goals of issue 6."""
    many, some = (2_000, 200) if quick else (100_000, 2_000)
    say(f"{many} rollouts of a version that is just good enough")
    name = "Rollout: versions sent back though just good enough"
    with ProcessPoolExecutor() as pool:  # the parts are the same on any number of cores
        shares = pool.map(false_rollbacks, [many // PARTS] * PARTS, range(PARTS))
        figures = [_figure(name, "share", [sum(shares) / PARTS], 1e-4)]
    for rate in HARMFUL:
        say(f"{some} rollouts of a version with {rate:.0%} errors")
        name = f"Rollout: requests until a verdict at {rate:.0%} errors, by the information bound {bound(rate):.3g}"
        harmed = median(requests_until_verdict(rate, some, 8))
        figures.append(_figure(name, "x", [harmed / bound(rate)], 1.5))
    for rate in (1.0, 0.1):
        name = f"Rollout: longest return at {rate:.0%} errors, by interval x threshold + one tick"
        every = ANALYSIS.look_seconds
        longest = max(seconds / (every * (looks + 1)) for looks, seconds in returns(rate, 20 if quick else 100))
        figures.append(_figure(name, "x", [longest], 1.0))
    return figures


def _figure(name: str, unit: str, values: list[float], goal: float) -> Figure:
    return Figure(name=name, unit=unit, values=values, goal=goal, sign="≤")


def false_rollbacks(runs: int, seed: int) -> float:
    """The share of rollouts that go back though the candidate is at every limit and above none."""
    random = np.random.default_rng(seed)
    return sum(verdict(GOOD, TOLERATED, random)[0] != "promoted" for _ in range(runs)) / runs


def requests_until_verdict(rate: float, runs: int, seed: int) -> Iterator[int]:
    """How many requests a candidate answers until it is sent back, looked at after every one of them."""
    random = np.random.default_rng(seed)
    for _ in range(runs):
        said, requests = verdict(SINGLE, rate, random, a_look=1)
        assert said == "rejected"
        yield requests


def verdict(analysis: Analysis, rate: float, random: np.random.Generator, a_look: int = A_LOOK) -> tuple[str, int]:
    """One rollout from its first share on: the verdict, and the requests that the candidate had answered by then."""
    asked = wish(OLD, NEW, analysis=analysis)
    config = trials(asked, OLD, NEW)["canary"]
    state = State(version=NEW, live=OLD, phase="canary", config=config)
    seen = Seen(
        wish=asked,
        observed=_at(config, 0),
        approved=record(OLD),
        candidate=record(NEW),
        found=Evidence(live=Counts(), candidate=Counts()),
    )
    live, candidate = Counts(), Counts()
    while True:
        taken, state = analyse(seen, state)
        if isinstance(taken, Decide):
            return taken.decision.verdict, candidate.requests
        if isinstance(taken, UpdateWeights):
            seen = replace(seen, observed=_at(config, taken.weights[CANDIDATE]))
        else:
            state = replace(state, waited=state.waited + analysis.look_seconds)
        share = seen.share / 100
        mine = a_look if a_look == 1 else int(random.binomial(a_look, share))
        live = _more(live, a_look - mine, min(rate, TOLERATED), WRONG, random)
        candidate = _more(candidate, mine, rate, WRONG + MARGIN, random)
        seen = replace(seen, found=Evidence(live=live, candidate=candidate))


def _at(config: str, percent: int) -> Observed:
    variants = {"main": Share(traffic=100 - percent, instances=1), CANDIDATE: Share(traffic=percent, instances=1)}
    return Observed(status="InService", config=config, variants=variants)


def _more(counts: Counts, requests: int, bad: float, wrong: float, random: np.random.Generator) -> Counts:
    return Counts(
        requests=counts.requests + requests,
        bad=counts.bad + int(random.binomial(requests, bad)),
        outcomes=counts.outcomes + requests,
        wrong=counts.wrong + int(random.binomial(requests, wrong)),
    )


def returns(rate: float, runs: int) -> Iterator[tuple[int, float]]:
    """The looks until the verdict and the seconds from the first look that spoke against the version to its return."""
    for seed in range(runs):
        account = Account(wish(OLD, NEW), rate=5, seed=seed, errors={NEW: rate})
        with contextlib.redirect_stdout(io.StringIO()):  # the function's log
            Execution(account).run()
        decision = account.decision(NEW)
        assert isinstance(decision, Decision)
        assert decision.verdict == "rejected"
        yield decision.seconds // ANALYSIS.look_seconds, account.told("outcome")["seconds_to_return"]
