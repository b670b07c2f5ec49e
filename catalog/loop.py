"""What retraining and monitoring of a model work on: parameters that Pulumi writes and their functions read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


class Document:
    """Settings as canonical JSON, so that equal settings are equal strings."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what `to_json` wrote. Raises ValueError naming what is wrong."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{cls.__name__}: got {text!r}; allowed: what Pulumi writes; {error}") from error


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(Document):
    """The content of /takeoff/<stack>/<model>/training.

    `data` is the key of the data set in `bucket`, and `version` the S3 version that is pinned, or empty for the newest.
    A run's own folder is s3://<bucket>/<runs>/<run>/; artifacts go under `artifacts` (s3://…). `gates` is what
    model_code/gates reads as its settings. `parameters` are the pipeline's constants. `budget` is the name of an AWS
    budget that must not be spent, or empty. `most` runs may begin in a calendar month, and `cooldown_seconds` pass
    after one has ended before an alarm may start another.
    """

    model: str
    stack: str
    pipeline: str
    bucket: str
    key: str
    data: str
    version: str
    runs: str
    artifacts: str
    approval: str
    cooldown_seconds: int
    most: int
    budget: str
    gates: Mapping[str, Any]
    parameters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MonitorSettings(Document):
    """The content of /takeoff/<stack>/<model>/monitor.

    A window is `period_seconds` long. `captures` (s3://…/<model>/<endpoint>, folders by variant and hour below it) and
    `outcomes` (s3://…, folders by hour) are read, `reports` (s3://…) is written. `job` is what the names of processing
    jobs begin with. `settings` is what model_code/monitor reads as its own. With `spark`, the id of an EMR Serverless
    application, jobs are its runs and `image` and `instance_type` are not asked.
    """

    model: str
    code: str
    stack: str
    endpoint: str
    image: str
    role: str
    job: str
    instance_type: str
    period_seconds: int
    captures: str
    outcomes: str
    reports: str
    key: str
    settings: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    spark: str = ""
