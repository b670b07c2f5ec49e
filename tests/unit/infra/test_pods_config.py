"""`pods`, `jobs` and `serving` of a model: what is refused in one line, and where."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from infra.config.base import MistakeError
from infra.config.pods import PodJob, PodQuota, Pods, require_pools, require_serving

PODS: dict[str, Any] = {"pool": "cpu", "cpu": "500m", "memory": "1Gi", "replicas": {"min": 2, "max": 10}}
JOB: dict[str, Any] = {"pool": "cpu", "cpu": "2", "memory": "4Gi", "command": ["train"]}


def mistake(block: type[Pods] | type[PodJob] | type[PodQuota], raw: dict[str, Any]) -> tuple[str, str]:
    """Where the only mistake is, and what is said of it."""
    with pytest.raises(ValidationError) as caught:
        block.model_validate(raw)
    (error,) = caught.value.errors()
    where = ".".join(str(part) for part in error["loc"])
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, MistakeError):
        return ".".join(filter(None, (where, cause.where))), f"{cause.got}; allowed: {cause.allowed}"
    return where, error["msg"]


def test_pods_are_counted_by_cpu_unless_said_otherwise() -> None:
    found = Pods.model_validate(PODS)
    assert (found.scale_on, found.gpu, found.version) == ("cpu", 0, "approved")


def test_a_metric_of_their_own_counts_pods_on_gpus() -> None:
    found = Pods.model_validate({**PODS, "gpu": 1, "scaleOn": {"metric": "in_flight", "target": "8"}})
    assert found.scale_on != "cpu"
    assert Pods.model_validate({**PODS, "gpu": 1, "replicas": {"min": 3, "max": 3}}).scale_on == "cpu"


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"gpu": 1}, "scaleOn", "cpu with 1 GPUs from 2 to 10 pods; allowed: a metric"),
        ({"replicas": {"min": 0, "max": 1}}, "replicas.min", "greater than or equal to 1"),
        ({"replicas": {"min": 3, "max": 2}}, "replicas.max", "2 below min 3; allowed: 3 or more"),
        ({"cpu": "1m"}, "cpu", "allowed: 10m or more"),
        ({"cpu": "lots"}, "cpu", "match pattern"),
        ({"memory": "4"}, "memory", "allowed: 16Mi or more"),
        ({"gpu": 9}, "gpu", "less than or equal to 8"),
        ({"pool": "CPU"}, "pool", "match pattern"),
        ({"version": "candidate"}, "version", "match pattern"),
        ({"variants": []}, "variants", "Extra inputs"),
    ],
)
def test_pods_that_could_not_run_are_refused(change: dict[str, Any], where: str, said: str) -> None:
    found = mistake(Pods, {**PODS, **change})
    assert found[0] == where
    assert said in found[1]


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"command": []}, "command", "at least 1 item"),
        ({"schedule": "rate(1 day)"}, "schedule", "2 fields, not 5; allowed: minute, hour"),
        ({"parallelism": 2}, "parallelism", "2 with completions 1; allowed: 1 to 1"),
        ({"completions": 0}, "completions", "greater than or equal to 1"),
        ({"retries": 21}, "retries", "less than or equal to 20"),
        ({"deadlineMinutes": 0}, "deadlineMinutes", "greater than or equal to 1"),
        ({"replicas": {"min": 1, "max": 1}}, "replicas", "Extra inputs"),
    ],
)
def test_jobs_that_could_not_run_are_refused(change: dict[str, Any], where: str, said: str) -> None:
    found = mistake(PodJob, {**JOB, **change})
    assert found[0] == where
    assert said in found[1]


def serving(kind: Any, *given: str, pods: bool = False, jobs: bool = False, quota: bool = False) -> None:
    made = {"train": PodJob.model_validate(JOB)} if jobs else {}
    limit = PodQuota.model_validate({"cpu": "4", "memory": "8Gi"}) if quota else None
    require_serving(kind, Pods.model_validate(PODS) if pods else None, made, limit, given)


def test_either_way_to_serve_is_fine_whole() -> None:
    serving("kubernetes", "code", "pods", pods=True)
    serving("endpoint", "variants", "traffic", jobs=True, quota=True)


@pytest.mark.parametrize(
    ("call", "where", "allowed"),
    [
        (lambda: serving("kubernetes"), "pods", "in place of variants"),
        (lambda: serving("kubernetes", "variants", pods=True), "variants", "serving endpoint"),
        (lambda: serving("kubernetes", "analysis", pods=True), "analysis", "Rollout moves endpoints alone"),
        (lambda: serving("kubernetes", "mode", pods=True), "mode", "with one version"),
        (lambda: serving("kubernetes", "image", pods=True), "image", "built from `code`"),
        (lambda: serving("endpoint", "variants", "traffic", pods=True), "pods", "serving: kubernetes"),
        (lambda: serving("endpoint", "variants"), "traffic", "an endpoint needs it"),
        (lambda: serving("endpoint", "variants", "traffic", quota=True), "quota", "nothing of the model runs"),
    ],
)
def test_half_of_one_way_and_half_of_the_other_is_refused(call: Any, where: str, allowed: str) -> None:
    with pytest.raises(MistakeError) as caught:
        call()
    assert caught.value.where == where
    assert allowed in caught.value.allowed


def test_a_pool_that_nobody_declares_is_refused_where_it_is_named() -> None:
    jobs = {"train": PodJob.model_validate({**JOB, "pool": "gpu"})}
    model = SimpleNamespace(pods=Pods.model_validate(PODS), jobs=jobs)
    require_pools({"m": model}, ["cpu", "gpu"])
    with pytest.raises(MistakeError) as caught:
        require_pools({"m": model}, ["cpu"])
    assert (caught.value.where, caught.value.got) == ("models.m.jobs.train.pool", "'gpu'")
    assert caught.value.allowed == "one of cpu"
