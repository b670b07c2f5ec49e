"""The evaluation gate: a version on rows it never saw, held to the success criteria of the stack file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_code.contract import Schema
from model_code.dataset import DataError, Labels
from model_code.gates import metrics
from model_code.gates.inference import Estimate, proportion
from model_code.gates.report import Finding, Identity, Report
from model_code.gates.scoring import Answers
from model_code.paths import SettingError

CRITERIA = ("accuracy", "roc_auc", "worst_recall")
"""What a minimum can be asked of. A log loss or a calibration error is better when smaller: it is reported only."""


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """One class against the rest."""

    label: str
    rows: int
    recall: Estimate
    precision: Estimate | None
    """None if the model never names the class."""
    roc_auc: Estimate


@dataclass(frozen=True, kw_only=True)
class EvaluationReport(Report):
    """Figures on the held-out rows, with intervals of 95 %."""

    gate: str = "evaluate"
    algorithm: str
    rows: int
    criteria: Mapping[str, float]
    metrics: Mapping[str, Estimate]
    classes: tuple[ClassFigures, ...]


def evaluate(
    answers: Answers,
    labels: Labels,
    schema: Schema,
    identity: Identity,
    criteria: Mapping[str, float],
    *,
    seed: int,
    rows_per_class: int = 20,
) -> EvaluationReport:
    """Stops where a figure is below its minimum; asks where a class has too few rows for the figures to mean much.

    Raises SettingError for a criterion that is none of CRITERIA, DataError if a class has no row at all.
    """
    unknown = sorted(criteria.keys() - set(CRITERIA))
    if unknown:
        raise SettingError(f"successCriteria: got {unknown[0]!r}, allowed: {', '.join(CRITERIA)}")
    counts = class_counts(labels, schema)
    given = answers.probabilities
    areas = metrics.areas(given, labels)
    classes = tuple(
        ClassFigures(
            label=label,
            rows=counts[at],
            recall=metrics.recall(given, labels, at),
            precision=metrics.precision(given, labels, at),
            roc_auc=areas[at if len(areas) > 1 else 0],
        )
        for at, label in enumerate(schema.classes)
    )
    figures = {
        "accuracy": proportion(int(metrics.right(given, labels).sum()), len(labels)),
        "log_loss": metrics.log_loss(given, labels, seed),
        "roc_auc": metrics.mean_area(areas),
        "calibration_error": metrics.calibration_error(given, labels, seed),
        "worst_recall": min((one.recall for one in classes), key=lambda recall: recall.value),
    }
    findings = (*answers.unseen(), *few(counts, schema, rows_per_class), *_missed(figures, criteria))
    return EvaluationReport(
        identity=identity,
        findings=findings,
        algorithm=answers.algorithm,
        rows=len(labels),
        criteria=criteria,
        metrics=figures,
        classes=classes,
    )


def figures(reports: Sequence[str | bytes]) -> dict[str, Any]:
    """The candidate's `version`, `algorithm` and `metrics` as its evaluation report has them; empty without one."""
    for text in reports:
        document = json.loads(text)
        if document["gate"] == "evaluate":
            metrics = {name: round(one["value"], 6) for name, one in document["metrics"].items()}
            return {"version": document["identity"]["model"], "algorithm": document["algorithm"], "metrics": metrics}
    return {"version": "", "algorithm": "", "metrics": {}}


def class_counts(labels: Labels, schema: Schema) -> list[int]:
    """The held-out rows of each class. Raises DataError if a class has none."""
    counts = [int(count) for count in np.bincount(labels, minlength=len(schema.classes))]
    if not all(counts):
        none = schema.classes[counts.index(0)]
        raise DataError(f"no held-out row is of class {none}: nothing can be said of it; more rows are needed")
    return counts


def few(counts: Sequence[int], schema: Schema, least: int) -> Iterator[Finding]:
    """Asks for each class that has fewer held-out rows than the least."""
    for label, count in zip(schema.classes, counts, strict=True):
        if count < least:
            text = f"{count} held-out rows, wanted: {least}"
            yield Finding(name="not-enough-rows", severity="ask", text=text, where=label)


def _missed(figures: Mapping[str, Estimate], criteria: Mapping[str, float]) -> Iterator[Finding]:
    for name, least in criteria.items():
        got = figures[name]
        said = f"{got.value:.4f} ({got.low:.4f} to {got.high:.4f}), minimum: {least:g}"
        if got.value < least:
            yield Finding(name="below-minimum", severity="stop", text=said, where=name)
        elif got.low < least:
            yield Finding(name="minimum-within-noise", severity="note", text=said, where=name)
