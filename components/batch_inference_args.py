"""What one model's batch inference is made of, and what AWS would refuse about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.batch import BatchSettings, Content
from catalog.instance_types import has_local_storage, transform_types
from components.alerts import Alerts
from components.bucket import Bucket
from components.key import Key
from components.placement import Placement
from components.tags import model_tags
from model_code.contract import VersionRecord


@dataclass(frozen=True, kw_only=True)
class BatchInferenceArgs:
    """What is scored, when, by which version, and where the answers go.

    `schedule` is `cron(...)` or `rate(...)` in UTC; each run is for the day before. `image` names its digest.
    `source_prefix` and `output_prefix` end without a slash; below them stand `date=YYYY-MM-DD/`. `instances` is the
    count of one job. Raises ValueError for what EventBridge Scheduler or CreateTransformJob would refuse.
    """

    model: str
    owner: str
    image: str
    version: VersionRecord
    instance_type: str
    schedule: str
    source: Bucket
    source_prefix: str
    output: Bucket
    key: Key
    models: Bucket
    output_prefix: str = ""
    instances: int = 1
    content: Content = "text/csv"
    placement: Placement | None = None
    alerts: Alerts | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def check(fine: bool, name: str, got: object, allowed: str) -> None:
            if not fine:
                raise ValueError(f"{self.model}: batch {name}: got {got!r}; allowed: {allowed}")

        check("@sha256:" in self.image, "image", self.image, "an image URI that names its digest")
        known = self.instance_type in transform_types()
        check(known, "instance_type", self.instance_type, "a type of CreateTransformJob, such as ml.m5.large")
        check(1 <= self.instances <= 100, "instances", self.instances, "1 to 100")
        timed = re.fullmatch(r"(cron|rate)\([^()]+\)", self.schedule) is not None
        check(timed, "schedule", self.schedule, "cron(...) or rate(...), see EventBridge Scheduler")
        for name, prefix in (("source_prefix", self.source_prefix), ("output_prefix", self.outputs)):
            check(
                bool(prefix.strip("/")) and prefix == prefix.strip("/"), name, prefix, "a prefix without outer slashes"
            )
        apart = self.source is not self.output or not f"{self.outputs}/".startswith(f"{self.source_prefix}/")
        check(apart, "output_prefix", self.outputs, "a place outside source_prefix, or answers would be scored again")

    @property
    def outputs(self) -> str:
        """Where answers go: `predictions/<model>` unless said otherwise."""
        return self.output_prefix or f"predictions/{self.model}"

    def settings(self, names: Mapping[str, str], jobs: str, outcome: str) -> BatchSettings:
        """What the function works on; `names` are known once things exist: model, source, output, and the key's ARN."""
        return BatchSettings(
            model=self.model,
            model_name=names["model"],
            version=self.version.version,
            source=names["source"],
            source_prefix=self.source_prefix,
            output=names["output"],
            output_prefix=self.outputs,
            jobs=jobs,
            instance_type=self.instance_type,
            instances=self.instances,
            content=self.content,
            key=names["key"],
            volume_key="" if has_local_storage(self.instance_type) else names["key"],
            outcome=outcome,
            tags=model_tags(self.model, self.owner),
        )
