"""The questions asked of a window: each feature's distribution and odd rows, and all columns together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model_code.drift import compare, joint
from model_code.drift.compare import Comparison, Sketch
from model_code.drift.numeric import NumericSketch
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings
from model_code.drift.tails import same_rate

ALL = "*"
"""The joint test's place among the features' names."""

Test = Literal["distribution", "missing", "unusable", "out-of-range", "new-categories", "joint"]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """One answer. `large`: at least the settings' smallest change; `comparison` is a distribution's."""

    feature: str
    test: Test
    p: float
    distances: Mapping[str, float]
    large: bool
    text: str
    comparison: Comparison | None = None


def tests_of(baseline: Profile, window: Profile, settings: DriftSettings) -> list[Tested]:
    """Every question that the rows of both suffice for, in the schema's order; nothing is decided yet."""
    tests = []
    for name, sketch in baseline.sketches.items():
        other = window.sketches[name]
        tests += _rates(name, sketch, other, settings)
        if min(sketch.binned, other.binned) >= settings.least_rows:
            tests += _distribution(name, compare.compare(sketch, other), settings)
    together = joint.compare(baseline.joint, window.joint)
    if (
        together is not None
        and together.features
        and min(baseline.joint.used, window.joint.used) >= settings.least_rows
    ):
        text = f"the columns together moved by {together.distance:.3g}, columns that depend on each other counted once"
        large = together.distance >= settings.smallest_joint
        distances = {"joint": together.distance}
        tests.append(Tested(feature=ALL, test="joint", p=together.p, distances=distances, large=large, text=text))
    return tests


def _distribution(name: str, found: Comparison, settings: DriftSettings) -> list[Tested]:
    if not found.degrees:
        return []
    smallest = {"psi": settings.smallest_psi, "ks": settings.smallest_ks, "wasserstein": settings.smallest_wasserstein}
    large = any(found.distances[key] >= smallest[key] for key in found.distances)
    text = ", ".join(f"{_SAID[key]} {value:.3g}" for key, value in found.distances.items())
    return [
        Tested(
            feature=name,
            test="distribution",
            p=found.p,
            distances=found.distances,
            large=large,
            text=f"the distribution moved: {text}",
            comparison=found,
        )
    ]


def _rates(name: str, sketch: Sketch, other: Sketch, settings: DriftSettings) -> list[Tested]:
    """A test for each share of rows that is not 0 in both: what no row has cannot differ, and must not cost alpha."""
    tests = []
    for test, hits, hits_then, of, of_then in _shares(sketch, other):
        if not of or not of_then or not hits + hits_then:
            continue
        now, then = hits / of, hits_then / of_then
        tests.append(
            Tested(
                feature=name,
                test=test,
                p=same_rate(hits, of, hits_then, of_then),
                distances={"rate": now, "baseline_rate": then},
                large=abs(now - then) >= settings.smallest_rate,
                text=f"{_SAID[test]}: {now:.3%} of rows, {then:.3%} in the baseline",
            )
        )
    return tests


def _shares(sketch: Sketch, other: Sketch) -> list[tuple[Test, int, int, int, int]]:
    shares: list[tuple[Test, int, int, int, int]] = [
        ("missing", other.missing, sketch.missing, other.rows, sketch.rows),
    ]
    if isinstance(sketch, NumericSketch) and isinstance(other, NumericSketch):
        now, then = other.infinite + other.invalid, sketch.infinite + sketch.invalid
        shares.append(("unusable", now, then, other.rows, sketch.rows))
        shares.append(("out-of-range", other.outside, sketch.outside, other.binned, sketch.binned))
    elif not isinstance(sketch, NumericSketch) and not isinstance(other, NumericSketch):
        shares.append(("new-categories", other.new, sketch.new, other.binned, sketch.binned))
    return shares


_SAID = {
    "psi": "PSI",
    "ks": "Kolmogorov-Smirnov",
    "wasserstein": "Wasserstein (in standard deviations)",
    "missing": "missing values",
    "unusable": "infinite values or no numbers",
    "out-of-range": "values beyond the schema's bounds",
    "new-categories": "labels that the baseline does not have",
}
