"""What one model's training pipeline is made of, and what would not run of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from catalog.loop import TrainingSettings
from catalog.pipeline_types import pipeline_types
from components.bucket import Bucket
from components.fairness import Fairness
from components.key import Key
from components.model_registry import Risk
from components.placement import Placement
from components.retraining import Retraining
from components.site import Site
from model_code.contract import load_spec

# A standard parameter's value: https://docs.aws.amazon.com/general/latest/gr/ssm.html
_PARAMETER = 4096
# The column that tells rows apart, where the data have one (model_code/gates/holdout.py).
_ID = "id"


@dataclass(frozen=True, kw_only=True)
class TrainingPipelineArgs:
    """What is trained on what, what a version must bring, and how often a run may begin.

    `definition` is the pipeline's, as model_code/<code>/pipeline.json has it; `image` names its digest; `group` is the
    model package group. All jobs have `instance_type`, training has `instances` of it. `criteria` are the least values
    of metrics, `margins` by how much one may be worse than the live version's. `data_version` pins the data set.
    `owner` and `risk` stand in each version's model card.
    `columns` are columns of it that are no features, nor `id`, which tells rows apart; `schedule` is `cron(...)` or
    `rate(...)` in UTC; `budget` names an AWS budget that must not be spent. Raises ValueError for what SageMaker or the
    gates would refuse.
    """

    model: str
    code: str
    owner: str
    definition: str
    image: str
    group: pulumi.Input[str]
    instance_type: str
    algorithm: str
    criteria: Mapping[str, float]
    margins: Mapping[str, float]
    key: Key
    features: Bucket
    models: Bucket
    retraining: Retraining
    risk: Risk = "unknown"
    instances: int = 1
    approval: Literal["automatic", "manual"] = "automatic"
    fairness: Fairness | None = None
    columns: Sequence[str] = ()
    data_version: str = ""
    cooldown_minutes: int = 360
    monthly_runs: int = 8
    budget: str = ""
    schedule: str = ""
    placement: Placement | None = None

    def __post_init__(self) -> None:
        def check(fine: bool, name: str, got: object, allowed: str) -> None:
            if not fine:
                raise ValueError(f"{self.model}: training {name}: got {got!r}; allowed: {allowed}")

        # The card is JSON that the pipeline joins from texts, and nothing there can escape one.
        check(json.dumps(self.owner) == f'"{self.owner}"', "owner", self.owner, "no quotes, and letters of ASCII")
        check("@sha256:" in self.image, "image", self.image, "an image URI that names its digest")
        known = self.instance_type in pipeline_types()
        check(known, "instance_type", self.instance_type, "a type of CreateProcessingJob, such as ml.m5.large")
        check(1 <= self.instances <= 20, "instances", self.instances, "1 to 20")
        check(bool(self.algorithm), "algorithm", self.algorithm, "an algorithm of the model's train.py")
        check(bool(self.margins), "margins", self.margins, "one metric's margin at least, to compare by")
        check(0 <= self.cooldown_minutes <= 10_080, "cooldown_minutes", self.cooldown_minutes, "0 to 10080, a week")
        check(1 <= self.monthly_runs <= 1000, "monthly_runs", self.monthly_runs, "1 to 1000")
        timed = not self.schedule or re.fullmatch(r"(cron|rate)\([^()]+\)", self.schedule) is not None
        check(timed, "schedule", self.schedule, "cron(...) or rate(...), see EventBridge Scheduler")

    def gates(self) -> dict[str, Any]:
        """What model_code/gates reads as its settings, as far as it is known before a run."""
        fair = self.fairness
        grouped = {re.split("[:=]", group)[0] for group in fair.groups} if fair else set()
        named = {*load_spec(self.code).inputs.names, _ID}
        return {
            "model": self.code,
            "criteria": dict(self.criteria),
            "margins": dict(self.margins),
            "groups": list(fair.groups) if fair else [],
            "favoured": fair.favoured if fair else None,
            "limits": {name: dict(limit) for name, limit in fair.limits.items()} if fair else {},
            "extra": sorted({*self.columns, *grouped} - named),
            "approval": self.approval,
        }

    def settings(self, site: Site, pipeline: str, known: Mapping[str, str]) -> TrainingSettings:
        """The content of the parameter; `known` once things exist: group, role, key, features, models.

        Raises ValueError for more than a parameter holds.
        """
        found = TrainingSettings(
            model=self.model,
            stack=site.stack,
            pipeline=pipeline,
            bucket=known["features"],
            key=known["key"],
            data=f"datasets/{self.model}/data.csv",
            version=self.data_version,
            runs=f"runs/{self.model}",
            artifacts=f"s3://{known['models']}/{self.model}/training",
            approval=self.approval,
            cooldown_seconds=60 * self.cooldown_minutes,
            most=self.monthly_runs,
            budget=self.budget,
            gates=self.gates(),
            parameters={
                "Image": self.image,
                "Role": known["role"],
                "Key": known["key"],
                "Group": known["group"],
                "InstanceType": self.instance_type,
                "TrainInstanceType": self.instance_type,
                "TrainInstanceCount": str(self.instances),
                "Algorithm": self.algorithm,
                "Model": self.model,
                "Owner": self.owner,
                "Risk": self.risk.capitalize(),
            },
        )
        if (size := len(found.to_json().encode())) > _PARAMETER:
            got = f"{size} bytes of settings"
            raise ValueError(f"{self.model}: training: got {got}; allowed: {_PARAMETER}, with fewer groups or columns")
        return found
