"""What a job of a model on Kubernetes is made of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.cron import ALLOWED, refusal
from components.labels import COMPONENT
from components.pod import CONTAINER, pod
from components.quota import Demand
from components.site import Site
from components.workload import Workload

JOB = "job"
_KEPT = 86_400  # seconds that a finished run of a schedule is kept
_LATE = 3_600  # seconds after which a start that was missed is left out
# 63 characters of a pod's name, less what Kubernetes and a hash of the content add to it.
_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_LONGEST = 30
# A cheaper node is not worth the work that a job's pod would begin anew; Karpenter leaves its node until it has ended.
# https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
_STAYS = {"karpenter.sh/do-not-disrupt": "true"}
_CANNOT_START = 2  # the exit status of model_code.container for what no second try mends


@dataclass(frozen=True, kw_only=True)
class BatchJobArgs:
    """A workload that ends: `arguments` for the image, by a cron `schedule` in UTC or once for each content.

    Of `completions` pods `parallelism` run at a time; with more than one each finds its number, from 0, in
    JOB_COMPLETION_INDEX, and JOB_COMPLETIONS of them there are. A run that fails more than `retries` times, or takes
    `deadline_seconds` with all waiting, is ended. Raises ValueError as a workload does.
    """

    name: str
    workload: Workload
    arguments: Sequence[str]
    schedule: str = ""
    completions: int = 1
    parallelism: int = 1
    retries: int = 3
    deadline_seconds: int = 86_400

    def __post_init__(self) -> None:
        def check(fine: bool, name: str, got: object, allowed: str) -> None:
            if not fine:
                self.workload.refuse(f"jobs.{self.name}.{name}", got, allowed)

        named = re.fullmatch(_NAME, self.name) is not None and len(self.name) <= _LONGEST
        check(named, "name", self.name, f"lower-case letters, digits and inner hyphens, {_LONGEST} at most")
        check(bool(self.arguments), "command", list(self.arguments), "the arguments of the image, one or more")
        check(1 <= self.completions <= 10_000, "completions", self.completions, "1 to 10000")
        most = self.completions
        check(1 <= self.parallelism <= most, "parallelism", self.parallelism, f"1 to {most}, which is completions")
        check(0 <= self.retries <= 20, "retries", self.retries, "0 to 20")
        check(60 <= self.deadline_seconds <= 7 * 86_400, "deadline", self.deadline_seconds, "60 s to a week")
        if self.schedule and (wrong := refusal(self.schedule)):
            self.workload.refuse(f"jobs.{self.name}.schedule", f"{self.schedule} ({wrong})", ALLOWED)

    @property
    def demand(self) -> Demand:
        """What one run asks for at most; two never run at a time."""
        return Demand(name=self.name, priority="batch", size=self.workload.size, pods=self.parallelism)

    def physical(self, site: Site) -> str:
        """What it is called: a schedule by its name, a run of its own by its content too, which nobody can change."""
        if self.schedule:
            return self.name
        content = json.dumps(self.job(site, {}), sort_keys=True)
        return f"{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def job(self, site: Site, labels: dict[str, str]) -> dict[str, Any]:
        """The spec of one run. A pod that made room for another, or lost its node, is no failure of the job's.

        https://kubernetes.io/docs/tasks/job/pod-failure-policy/
        """
        environment = {"JOB_COMPLETIONS": str(self.completions)}
        spec = pod(
            site, self.workload, priority="batch", arguments=self.arguments, environment=environment, writes=True
        )
        hopeless = {"containerName": CONTAINER, "operator": "In", "values": [_CANNOT_START]}
        made_room = {"type": "DisruptionTarget", "status": "True"}
        return {
            "completions": self.completions,
            "parallelism": self.parallelism,
            "completionMode": "Indexed" if self.completions > 1 else "NonIndexed",
            "backoffLimit": self.retries,
            "activeDeadlineSeconds": self.deadline_seconds,
            # A pod is put in a lost one's place when that has ended, or a quota would not have room for both.
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {
                "rules": [
                    {"action": "Ignore", "onPodConditions": [made_room]},
                    {"action": "FailJob", "onExitCodes": hopeless},
                ]
            },
            "template": {
                "metadata": {"labels": {**labels, COMPONENT: JOB}, "annotations": dict(_STAYS)},
                "spec": {**spec, "restartPolicy": "Never"},
            },
        }

    def cron(self, site: Site, labels: dict[str, str]) -> dict[str, Any]:
        """The spec of the schedule: a run that is due while another runs is left out."""
        return {
            "schedule": self.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _LATE,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": {**labels, COMPONENT: JOB}},
                "spec": {**self.job(site, labels), "ttlSecondsAfterFinished": _KEPT},
            },
        }
