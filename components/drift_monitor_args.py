"""What one model's monitor is made of, and what AWS or its own arithmetic would refuse about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

import pulumi

from catalog.loop import MonitorSettings
from catalog.monitor_period import LONGEST, MONTH, MOST_ALPHA, SHORTEST
from catalog.pipeline_types import pipeline_types
from components.alerts import Alerts
from components.bucket import Bucket
from components.fairness import Fairness
from components.key import Key
from components.monitoring import Monitoring
from components.monitoring_places import JOB_ROLE, captures_of, job_roles, jobs, prefix_of
from components.site import Site
from components.spark import SparkApplication
from components.tags import model_tags

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Tier)
_STANDARD = 4096


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A business KPI whose values come with the outcomes: on which side of `target` its mean is good."""

    name: str
    target: float
    direction: Literal["at-least", "at-most"]


@dataclass(frozen=True, kw_only=True)
class RetrainingTarget:
    """The state machine that retrains a model, and the role by which a rule starts it."""

    state_machine_arn: pulumi.Input[str]
    role_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class DriftMonitorArgs:
    """What is looked at, how often, how strictly, and what an alarm starts.

    A window is `period_seconds` long (300 to 259,200) and ends when `schedule` (rate or cron, UTC) is due. Without any
    drift `false_alarms_per_month` windows alarm in a month, on average. `outcome_hours` (1 to 168) after its request an
    outcome may still come. `variants` are those that serve what is live. `image` names its digest. Without `retraining`
    alarms start nothing. Raises ValueError for what EventBridge Scheduler, CreateProcessingJob or CloudWatch would
    refuse.
    """

    model: str
    code: str
    owner: str
    endpoint: pulumi.Input[str]
    image: str
    instance_type: str
    schedule: str
    period_seconds: int
    false_alarms_per_month: float
    monitoring: Monitoring
    captures: Bucket
    features: Bucket
    key: Key
    variants: Sequence[str]
    outcome_hours: int = 24
    fairness: Fairness | None = None
    kpis: Sequence[Aim] = ()
    alerts: Alerts | None = None
    retraining: RetrainingTarget | None = None
    spark: SparkApplication | None = None

    def __post_init__(self) -> None:
        def check(fine: bool, name: str, got: object, allowed: str) -> None:
            if not fine:
                raise ValueError(f"{self.model}: monitor {name}: got {got!r}; allowed: {allowed}")

        check("@sha256:" in self.image, "image", self.image, "an image URI that names its digest")
        known = self.instance_type in pipeline_types()
        check(known, "instance_type", self.instance_type, "a type of CreateProcessingJob, such as ml.m5.large")
        timed = re.fullmatch(r"(cron|rate)\([^()]+\)", self.schedule) is not None
        check(timed, "schedule", self.schedule, "cron(...) or rate(...), see EventBridge Scheduler")
        period = self.period_seconds
        whole = SHORTEST <= period <= LONGEST and period % 60 == 0
        check(whole, "period_seconds", period, f"{SHORTEST} to {LONGEST} seconds, whole minutes")
        most = MOST_ALPHA * MONTH / period
        fine = 0 < self.false_alarms_per_month <= most
        check(fine, "false_alarms_per_month", self.false_alarms_per_month, f"above 0, at most {most:g} at this period")
        check(1 <= self.outcome_hours <= 168, "outcome_hours", self.outcome_hours, "1 to 168")

    def settings(self, site: Site, names: Mapping[str, str]) -> str:
        """The content of the parameter `monitor`; `names` are known once things exist: endpoint, role, key, buckets.

        Raises ValueError for one that no standard parameter holds.
        """
        text = MonitorSettings(
            model=self.model,
            code=self.code,
            stack=site.stack,
            endpoint=names["endpoint"],
            image=self.image,
            role=names["role"],
            job=jobs(site, self.model),
            instance_type=self.instance_type,
            period_seconds=self.period_seconds,
            captures=f"s3://{names['captures']}/{captures_of(self.model)}/{names['endpoint']}",
            outcomes=f"s3://{names['features']}/{prefix_of('outcomes', self.model)}",
            reports=f"s3://{names['features']}/{prefix_of('drift', self.model)}",
            key=names["key"],
            settings=self._strictness(),
            tags=model_tags(self.model, self.owner),
            spark=names.get("spark", ""),
        ).to_json()
        if len(text) > _STANDARD:
            got = f"settings of {len(text)} characters"
            raise ValueError(f"{self.model}: monitor: got {got}; allowed: {_STANDARD}: declare fewer groups or KPIs")
        return text

    def require_permitted(self, site: Site) -> None:
        """Raise ValueError for a stack and model so long that their names are cut where IAM knows jobs and roles."""
        named = site.name(self.model, JOB_ROLE, limit=64)
        if not (fnmatchcase(named, job_roles(site)) and jobs(site, self.model).startswith(f"{jobs(site)}-")):
            raise ValueError(f"{self.model}: monitor: got a stack {site.stack!r}; allowed: a shorter name of the stack")

    def _strictness(self) -> dict[str, object]:
        fair = self.fairness
        return {
            "falseAlarmsPerMonth": self.false_alarms_per_month,
            "windowsPerMonth": MONTH / self.period_seconds,
            "hours": self.outcome_hours,
            "groups": list(fair.groups) if fair else [],
            "favoured": fair.favoured if fair else None,
            "limits": {name: dict(limit) for name, limit in fair.limits.items()} if fair else {},
            "variants": list(self.variants),
            "kpis": [{"name": kpi.name, "target": kpi.target, "direction": kpi.direction} for kpi in self.kpis],
        }
