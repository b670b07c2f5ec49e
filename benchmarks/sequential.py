"""What the tests that allow peeking promise, over many seeded runs that are looked at after every single request."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import numpy.typing as npt

from benchmarks.figure import Figure, say
from model_code.experiment.decide import Decision, decide
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.record import Observed
from model_code.sequential.error_rate import ALPHA
from model_code.sequential.interval import Sequence
from model_code.sequential.moments import Moments
from model_code.sequential.passage import chances, thresholds
from model_code.sequential.power import per_arm_at_any_time, per_arm_of_means

Floats = npt.NDArray[np.float64]

TOLERATED = 0.01
HARMFUL = (1.0, 0.5, 0.1, 0.05)
METRICS = ("normal", "rate", "exponential")
COVARIATE = ("normal",)  # has a value from before the experiment, which both widths are worked out with
CORRELATION = 0.7


def measure(*, quick: bool) -> list[Figure]:
    """False alarms, speed, coverage and width, with the goals of issue 6."""
    many, some, requests, units = (20_000, 1_000, 5_000, 1_000) if quick else (100_000, 10_000, 20_000, 5_000)
    say(f"{many} rollouts of {requests} requests")
    *_, chance = islice(chances(TOLERATED, TOLERATED, ALPHA), requests)
    figures = [
        _one("rollouts rolled back at the tolerated error rate", "share", false_rollbacks(many, requests, 1), 1e-4),
        _one("the same, worked out exactly", "share", chance, 1e-4),
        _one("rollouts rolled back though as good as live", "share", false_comparisons(10 * many, 500, 2), 1e-4),
    ]
    for rate in HARMFUL:
        name = f"requests until rollback at {rate:.0%} errors (information bound {bound(rate):.3g})"
        figures.append(_one(name, "", until_rollback(rate, some, 3), 1.5 * bound(rate)))
    for metric in METRICS:
        say(f"{some} experiments of {units} units an arm: {metric}")
        missed, ratio = intervals(metric, some, units, 4)
        what = f"{metric}, with CUPED" if metric in COVARIATE else metric
        figures.append(_one(f"95 % sequences that ever miss ({what})", "share", missed, 0.05))
        figures.append(_one(f"width of a sequence by a fixed interval's ({what})", "x", ratio, 1.6))
    false, _ = winners(0.0, some // 10, 5)
    found, sample = winners(0.1, some // 10, 6)
    figures.append(_one("A/A experiments with a winner (alpha 5 %)", "share", false, 0.05))
    figures.append(_one("A/B experiments without their winner (power 90 %)", "share", 1 - found, 0.1))
    figures.append(_one("A/B sample until found, by that of a fixed test", "x", sample, 1.6))
    return figures


def bound(rate: float) -> float:
    """The requests that any test of the tolerated rate needs on average: log(1 / alpha) by what each of them tells.

    Wald (1945), "Sequential tests of statistical hypotheses", section 4.
    """
    information = rate * math.log(rate / TOLERATED)
    if rate < 1:
        information += (1 - rate) * math.log((1 - rate) / (1 - TOLERATED))
    return -math.log(ALPHA) / information


def _one(name: str, unit: str, value: float, goal: float) -> Figure:
    return Figure(name=name, unit=unit, values=[value], goal=goal, sign="≤")


def _decided_at(errors_at: npt.NDArray[np.int64], fewest: npt.NDArray[np.int64]) -> Floats:
    """The request at which each run decides, given at which requests its errors came; infinite where it never does."""
    number = np.arange(1, errors_at.shape[1] + 1)
    crossed = (errors_at <= len(fewest)) & (number >= fewest[np.minimum(errors_at, len(fewest)) - 1])
    at = np.where(crossed.any(axis=1), errors_at[np.arange(len(errors_at)), crossed.argmax(axis=1)], 0)
    return np.where(at > 0, at.astype(np.float64), math.inf)


def _runs(rate: float, bound: float, runs: int, requests: int, seed: int) -> Floats:
    """When each of the runs decides. Only an error can decide, so only the gaps between errors are drawn."""
    fewest = np.array(list(islice(thresholds(bound, ALPHA), requests)), dtype=np.int64)
    drawn = int(requests * rate + 8 * math.sqrt(requests * rate) + 20)
    random = np.random.default_rng(seed)
    parts = [
        _decided_at(np.cumsum(random.geometric(rate, (min(2_000, runs - done), drawn)), axis=1), fewest)
        for done in range(0, runs, 2_000)
    ]
    return np.concatenate(parts)


def false_rollbacks(runs: int, requests: int, seed: int) -> float:
    """The share of runs that are ever rolled back while they fail just as often as is tolerated."""
    return float(np.isfinite(_runs(TOLERATED, TOLERATED, runs, requests, seed)).mean())


def false_comparisons(runs: int, errors: int, seed: int) -> float:
    """The share of runs that ever find a candidate worse that has a tenth of the requests and of the errors."""
    return float(np.isfinite(_runs(0.1, 0.1, runs, errors, seed)).mean())


def until_rollback(rate: float, runs: int, seed: int) -> float:
    """The median number of requests until a variant is rolled back that fails at this rate."""
    return float(np.median(_runs(rate, TOLERATED, runs, 2_000, seed)))


def _draw(metric: str, random: np.random.Generator, units: int) -> tuple[Floats, Floats]:
    """Values and their covariate."""
    if metric == "rate":
        return (random.random(units) < 0.05).astype(np.float64), np.zeros(units)
    if metric == "exponential":
        return random.exponential(size=units), np.zeros(units)
    covariate = random.normal(size=units)
    return CORRELATION * covariate + math.sqrt(1 - CORRELATION**2) * random.normal(size=units), covariate


def intervals(metric: str, runs: int, units: int, seed: int) -> tuple[float, float]:
    """The share of A/A runs whose sequence ever leaves out 0, and its width at the end by a fixed-horizon interval's.

    Worked out for all steps at once; at the last step it must be what the code says, which sees the values one by one.
    """
    random = np.random.default_rng(seed)
    made = Sequence(alpha=0.05, planned=2 * units, rate=metric == "rate")
    number = np.arange(1, units + 1, dtype=np.float64)
    reach = np.array([made.errors(2 * n) for n in range(1, units + 1)])
    missed, ratios = 0, []
    for _ in range(runs):
        arms = [_draw(metric, random, units) for _ in range(2)]
        sums = [_sums(values, covariates, number) for values, covariates in arms]
        spread = sums[0][3] + sums[1][3]
        slope = np.divide(sums[0][4] + sums[1][4], spread, out=np.zeros(units), where=spread > 0)
        estimate = sums[0][0] - sums[1][0] - slope * (sums[0][1] - sums[1][1])
        left = [s[2] - 2 * slope * s[4] + slope**2 * s[3] for s in sums]
        variances = [np.maximum(one, 0) / np.maximum(number - 1, 1) for one in left]
        if made.rate:
            imagined = [(s[0] * number + 2) / (number + 4) for s in sums]
            own = [s[2] / np.maximum(number - 1, 1) for s in sums]
            variances = [v + np.maximum(0, i * (1 - i) - o) for v, i, o in zip(variances, imagined, own, strict=True)]
        errors = np.sqrt((variances[0] + variances[1]) / number)
        # From the minimum on: the code also waits where values are lopsided, so this finds no fewer misses than it has.
        off = (np.abs(estimate) > reach * errors)[made.minimum - 1 :]
        missed += bool(off.any())
        said = made.difference(*(_moments(values, covariates) for values, covariates in arms))
        assert math.isinf(said.high) or math.isclose(said.high, estimate[-1] + reach[-1] * errors[-1], rel_tol=1e-6)
        fixed = 2 * 1.959964 * math.sqrt((left[0][-1] + left[1][-1]) / (units - 1) / units)
        ratios.append(said.width / fixed)  # infinite where the values are too lopsided to say anything
    return missed / runs, float(np.median(ratios))


def _sums(values: Floats, covariates: Floats, number: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """After each value: both means, both sums of squares about them, and that of products."""
    mean, mean_x = np.cumsum(values) / number, np.cumsum(covariates) / number
    square = np.cumsum(values**2) - number * mean**2
    square_x = np.cumsum(covariates**2) - number * mean_x**2
    return mean, mean_x, square, square_x, np.cumsum(values * covariates) - number * mean * mean_x


def _moments(values: Floats, covariates: Floats) -> Moments:
    """A batch's moments, as `Moments.add` would have them."""
    off, off_x = values - values.mean(), covariates - covariates.mean()
    return Moments(
        count=len(values),
        mean=float(values.mean()),
        square=float(off @ off),
        cube=float((off**3).sum()),
        covariate_mean=float(covariates.mean()),
        covariate_square=float(off_x @ off_x),
        product=float(off @ off_x),
    )


def winners(effect: float, runs: int, seed: int) -> tuple[float, float]:
    """The share of experiments that the changed arm wins (any arm without an effect), and the median sample of those.

    The sample is told as a multiple of what a test with one look needs to find an effect of 0.1 standard deviations.
    """
    random = np.random.default_rng(seed)
    planned = per_arm_at_any_time(1.0, 0.1, alpha=0.05, power=0.9)
    metric = Metric(name="value", better="higher", effect=0.1)
    shares = ({"a": 0.5, "b": 0.5},)
    experiment = Experiment(name="bench", control="a", shares=shares, targets=(metric,), planned=planned)
    ended = [_experiment(experiment, effect, random) for _ in range(runs)]
    won = [units for decision, units in ended if decision.kind == "winner" and decision.arm in ("b", "ab"[effect > 0])]
    fixed = per_arm_of_means(1.0, 0.1, alpha=0.05, power=0.9)
    return len(won) / runs, float(np.median(won)) / fixed if won else math.inf


def _experiment(experiment: Experiment, effect: float, random: np.random.Generator) -> tuple[Decision, int]:
    """One experiment until its decision, looked at 50 times, and the units that each arm then had."""
    moments = {arm: Moments() for arm in experiment.arms}
    step = -(-experiment.planned // 50)
    while True:
        for arm in experiment.arms:
            values = random.normal(effect if arm == "b" else 0.0, 1.0, step)
            moments[arm] = moments[arm].merge(_moments(values, np.zeros(step)))
        units = {arm: found.count for arm, found in moments.items()}
        observed = Observed(units=units, moments={(arm, "value"): found for arm, found in moments.items()})
        decision = decide(experiment, observed)
        if decision.kind != "continue":
            return decision, units["a"]
