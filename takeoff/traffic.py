"""Real predictions through an endpoint: who answered, how fast, and how often rightly."""

from __future__ import annotations

import importlib
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from model_code.contract import Feature, SpecError, load_spec
from takeoff.stack import CommandError

_THREADS = 8
Cell = float | str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One request's fate. `latency` is in seconds, as the caller saw it; `error` is empty when it was answered."""

    variant: str = ""
    version: str = ""
    right: bool = False
    latency: float = 0.0
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class VariantReport:
    """One variant's share: `asked` and `observed` in percent of requests, `accuracy` against held-out labels in 0–1."""

    variant: str
    version: str
    asked: int
    observed: float
    requests: int
    accuracy: float
    p50: float


@dataclass(frozen=True)
class TrafficReport:
    """All variants of an endpoint, and the requests that failed."""

    variants: Sequence[VariantReport]
    failed: Sequence[str] = field(default_factory=tuple)


def held_out(code: str) -> tuple[list[list[Cell]], list[str]]:
    """The rows that no version of a model was trained on, and the class of each.

    Raises CommandError for a model that takes no rows, and where its libraries are not installed.
    """
    try:
        schema = load_spec(code).inputs
        rows, labels = importlib.import_module(f"model_code.{code}.data").held_out()
    except SpecError as error:
        raise CommandError(f"predict: {error}") from error
    except ModuleNotFoundError as error:
        raise CommandError(f"predict: {error}; install the extra: pip install -e '.[models]'") from error
    classes, features = schema.classes, schema.features
    cells = [[_cell(feature, float(value)) for feature, value in zip(features, row, strict=True)] for row in rows]
    return cells, [classes[int(label)] for label in labels]


def _cell(feature: Feature, value: float) -> Cell:
    """A value as a request carries it: a category by its name, not by its position."""
    return feature.categories[int(value)] if feature.categories else value


def send(endpoint: str, rows: Sequence[Sequence[Cell]], labels: Sequence[str], requests: int) -> list[Answer]:
    """Send one row per request, `requests` times over the held-out rows, eight at a time."""
    client = boto3.client(
        "sagemaker-runtime", config=Config(max_pool_connections=_THREADS, retries={"total_max_attempts": 1})
    )

    def ask(number: int) -> Answer:
        row, label = rows[number % len(rows)], labels[number % len(rows)]
        return _ask(client, endpoint, row, label)

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(ask, range(requests)))


def summarise(answers: Sequence[Answer], asked: Mapping[str, int]) -> TrafficReport:
    """Group answers by variant; a variant that was asked for and never answered has a row of zeros."""
    answered = [answer for answer in answers if not answer.error]
    reports = []
    for variant in sorted({*asked, *(answer.variant for answer in answered)}, key=lambda name: -asked.get(name, 0)):
        mine = [answer for answer in answered if answer.variant == variant]
        reports.append(
            VariantReport(
                variant=variant,
                version=mine[0].version if mine else "",
                asked=asked.get(variant, 0),
                observed=100 * len(mine) / len(answered) if answered else 0.0,
                requests=len(mine),
                accuracy=statistics.fmean(answer.right for answer in mine) if mine else 0.0,
                p50=statistics.median(answer.latency for answer in mine) if mine else 0.0,
            )
        )
    return TrafficReport(reports, tuple(answer.error for answer in answers if answer.error))


def _ask(client: Any, endpoint: str, row: Sequence[Cell], label: str) -> Answer:
    started = time.perf_counter()
    try:
        found = client.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"instances": [row]}),
        )
        prediction = json.loads(found["Body"].read())["predictions"][0]
    except (ClientError, BotoCoreError, KeyError, ValueError) as error:
        return Answer(error=f"{type(error).__name__}: {error}")
    return Answer(
        variant=found["InvokedProductionVariant"],
        version=found.get("CustomAttributes", "").removeprefix("version="),
        right=prediction == label,
        latency=time.perf_counter() - started,
    )
