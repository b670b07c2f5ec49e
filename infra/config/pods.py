"""Pods and jobs of a model on Kubernetes, in a stack file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from catalog.cron import ALLOWED, refusal
from catalog.pod_requests import quantity
from infra.config.base import AsTuple, MistakeError, Strict
from infra.config.node_pool import PoolName

Serving = Literal["endpoint", "kubernetes"]
JobName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30)]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?(m|[kMGT]i?|Ki)?$")]
Gpus = Annotated[int, Field(ge=0, le=8)]
# What belongs to an endpoint of SageMaker's: a model on Kubernetes has none of it.
_ENDPOINTS = (
    "variants",
    "traffic",
    "shadow",
    "capture",
    "deployment",
    "analysis",
    "experiment",
    "monitor",
    "objective",
    "asynchronous",
)
_ROLLED = frozenset({"analysis", "experiment", "deployment", "shadow"})


class _Sized(Strict):
    """What one pod is, and the pool of `nodePools` that it runs on."""

    pool: PoolName = Field(description="the pool of `nodePools` that the pods run on")
    cpu: Quantity = Field(description="cores of one pod: '2' or 500m")
    memory: Quantity = Field(description="memory of one pod: 4Gi")
    gpu: Gpus = Field(default=0, description="GPUs of one pod")

    @model_validator(mode="after")
    def _quantities_are_some(self) -> _Sized:
        for key, value, least in (("cpu", self.cpu, "10m"), ("memory", self.memory, "16Mi")):
            if quantity(value) < quantity(least):
                raise MistakeError(key, repr(value), f"{least} or more")
        return self


class Replicas(Strict):
    """How many pods answer; equal numbers are a fixed count."""

    min: Annotated[int, Field(ge=1, le=1000)] = Field(description="fewest pods")
    max: Annotated[int, Field(ge=1, le=1000)] = Field(description="most pods")

    @model_validator(mode="after")
    def _most_is_not_below_fewest(self) -> Replicas:
        if self.max < self.min:
            raise MistakeError("max", f"{self.max} below min {self.min}", f"{self.min} or more")
        return self


class ScaleOn(Strict):
    """A metric of the pods' own by which they are counted; the cluster must serve it."""

    metric: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")] = Field(
        description="name of the metric, as the cluster's adapter serves it"
    )
    target: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*m?$")] = Field(
        description="average of a pod for which another is added: '10', or thousandths (500m)"
    )


class Pods(_Sized):
    """A model that answers from pods, in place of `variants` and `traffic`."""

    version: Annotated[str, StringConstraints(pattern=r"^(approved|[0-9a-f]{12})$")] = Field(
        default="approved", description="approved, or a pinned version"
    )
    replicas: Replicas = Field(description="how many pods answer")
    scale_on: Literal["cpu"] | ScaleOn = Field(default="cpu", description="cpu, or a metric of the pods' own")

    @model_validator(mode="after")
    def _gpus_are_not_counted_by_cpu(self) -> Pods:
        if self.gpu and self.scale_on == "cpu" and self.replicas.min != self.replicas.max:
            got = f"cpu with {self.gpu} GPUs from {self.replicas.min} to {self.replicas.max} pods"
            raise MistakeError("scaleOn", got, "a metric of the pods' own, such as requests in flight, or min = max")
        return self


class PodJob(_Sized):
    """Work that ends: by a schedule, or once for each image, version and command."""

    command: Annotated[tuple[str, ...], AsTuple] = Field(
        min_length=1, description="arguments of the model's image, such as [train]"
    )
    schedule: str | None = Field(default=None, description="when, in UTC: cron's five fields; once without it")
    completions: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="pods that have to succeed")
    parallelism: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="pods at a time")
    retries: Annotated[int, Field(ge=0, le=20)] = Field(default=3, description="failures of pods before it is given up")
    deadline_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        default=1440, description="minutes after which it is ended, all waiting included"
    )

    @model_validator(mode="after")
    def _times_are_times(self) -> PodJob:
        if self.schedule and (wrong := refusal(self.schedule)):
            raise MistakeError("schedule", f"{self.schedule!r}, {wrong}", ALLOWED)
        if self.parallelism > self.completions:
            got = f"{self.parallelism} with completions {self.completions}"
            raise MistakeError("parallelism", got, f"1 to {self.completions}")
        return self


class PodQuota(Strict):
    """What the model's pods together may ask for."""

    cpu: Quantity = Field(description="cores in all: '40'")
    memory: Quantity = Field(description="memory in all: 160Gi")
    gpu: Annotated[int, Field(ge=0, le=10_000)] = Field(default=0, description="GPUs in all")
    pods: Annotated[int, Field(ge=1, le=10_000)] = Field(default=100, description="pods in all")


def require_serving(
    serving: Serving, pods: Pods | None, jobs: Mapping[str, PodJob], quota: PodQuota | None, given: Sequence[str]
) -> None:
    """Raise MistakeError for an entry that is half of one way to serve and half of the other.

    `given` are the keys, in the stack file's spelling, that the entry sets.
    """
    if serving == "kubernetes":
        if pods is None:
            raise MistakeError("pods", "nothing with serving kubernetes", "a `pods` block in place of variants")
        if wrong := next((key for key in _ENDPOINTS if key in given), None):
            allowed = (
                f"none: it belongs to serving endpoint{', and Rollout moves endpoints alone' * (wrong in _ROLLED)}"
            )
            raise MistakeError(wrong, f"{wrong} with serving kubernetes", allowed)
        if "mode" in given:
            raise MistakeError("mode", "mode with serving kubernetes", "none: pods answer at once, with one version")
        if "image" in given:
            allowed = "an image built from `code`, which can fetch its artifact"
            raise MistakeError("image", "image with serving kubernetes", allowed)
        return
    if pods is not None:
        raise MistakeError("pods", "pods with serving endpoint", "serving: kubernetes, or `variants` and `traffic`")
    if missing := next((key for key in ("variants", "traffic") if key not in given), None):
        raise MistakeError(missing, "nothing", "a value: an endpoint needs it")
    if quota is not None and not jobs:
        raise MistakeError("quota", "quota without pods or jobs", "none: nothing of the model runs in the cluster")


def require_pools(models: Mapping[str, Any], pools: Sequence[str]) -> None:
    """Raise MistakeError for a pool that no `nodePools` declares; `models` have `pods` and `jobs`."""
    for name, model in models.items():
        named = [("pods", model.pods)] if model.pods else []
        for where, block in [*named, *((f"jobs.{job}", each) for job, each in model.jobs.items())]:
            if block.pool not in pools:
                allowed = f"one of {', '.join(sorted(pools)) or 'no pool at all: declare `nodePools`'}"
                raise MistakeError(f"models.{name}.{where}.pool", repr(block.pool), allowed)
