"""One model's entry in a stack file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from catalog.instance_types import Accelerator, accelerator
from catalog.training import SLOTS
from infra.config.analysis import Analysis
from infra.config.base import AsTuple, Email, MistakeError, Percent, Strict, as_number
from infra.config.batch import Batch
from infra.config.business import Dollars, Kpi, Name, Number, Usage
from infra.config.deployment import Deployment, require_possible
from infra.config.experiment import Experiment
from infra.config.fairness import Fairness
from infra.config.monitor import Monitor, require_evidence
from infra.config.pods import JobName, PodJob, PodQuota, Pods, Serving, require_serving
from infra.config.training import Training
from infra.config.variant import Shadow, Variant

Minutes = Annotated[int, Field(ge=0, le=60)]
Mode = Literal["realtime", "async", "multi-model"]
Risk = Literal["unknown", "low", "medium", "high"]
# What Rollout calls a version that it tries (components/endpoint_rules.py).
_ROLLOUTS = frozenset({"candidate", "shadow"})


class Capture(Strict):
    """What is kept of requests and answers."""

    percent: Annotated[int, Field(ge=1, le=100)] = Field(description="percent of requests that are kept")
    days: Annotated[int, Field(ge=1, le=3650)] = Field(description="days until a capture is deleted")


class Asynchronous(Strict):
    """An endpoint that answers later, into a bucket."""

    days: Annotated[int, Field(ge=1, le=3650)] = Field(description="days until an answer is deleted")
    concurrent: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="requests that one instance works on at a time; SageMaker chooses without it"
    )


class Objective(Strict):
    """The service level that the dashboard and its burn-rate alarms stand for."""

    availability: Annotated[float, Field(ge=95, lt=100), BeforeValidator(as_number)] = Field(
        default=99.9, description="percent of requests that must be answered, over 30 days"
    )
    latency_ms: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="99th percentile of the model's latency in milliseconds"
    )


class Model(Strict):
    """One model in production."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="folder under model_code/ that trains and serves it"
    )
    owner: Email = Field(description="e-mail of who answers; becomes the tag takeoff:owner")
    risk: Risk = Field(default="unknown", description="risk rating of the model card")
    accelerator: Accelerator = Field(default="none", description="must match every instance type of the model")
    serving: Serving = Field(
        default="endpoint", description="what answers: a SageMaker endpoint, or pods on Kubernetes"
    )
    pods: Pods | None = Field(default=None, description="with serving kubernetes, in place of `variants` and `traffic`")
    jobs: dict[JobName, PodJob] = Field(default={}, description="work that ends, on Kubernetes, by name")
    quota: PodQuota | None = Field(
        default=None, description="what all pods of the model may ask for; what they declare without it"
    )
    mode: Mode = Field(default="realtime", description="how the endpoint answers, and how many artifacts it holds")
    asynchronous: Asynchronous | None = Field(default=None, description="where and how, for mode async")
    image: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[^\s:@]+@sha256:[0-9a-f]{64}$"
            ),
        ]
        | None
    ) = Field(default=None, description="an image in ECR by digest, in place of one built from `code`")
    environment: dict[str, str] = Field(default={}, description="environment variables of the container")
    variants: Annotated[tuple[Variant, ...], AsTuple] = Field(
        default=(), min_length=1, max_length=10, description="production variants of an endpoint, one to ten"
    )
    traffic: dict[str, Percent] = Field(
        default={}, description="percent per variant of an endpoint; one share for each, sum 100"
    )
    shadow: Shadow | None = Field(default=None, description="a variant that gets copies of requests")
    capture: Capture | None = Field(default=None, description="what is kept of requests and answers")
    deployment: Deployment = Field(
        default=Deployment(), description="how a new version or instance type reaches the live endpoint"
    )
    analysis: Analysis | None = Field(
        default=None, description="how a new version takes the live one's place by itself; a person edits it else"
    )
    training: Training | None = Field(default=None, description="how the model is retrained, and by which gates")
    fairness: Fairness | None = Field(default=None, description="groups whose treatment training and monitor compare")
    monitor: Monitor | None = Field(default=None, description="how the model is watched for drift")
    experiment: Experiment | None = Field(default=None, description="arms that are compared until one wins")
    objective: Objective | None = Field(default=None, description="service level: dashboard and burn-rate alarms")
    batch: Batch | None = Field(default=None, description="scheduled predictions for a partition of features")
    usage: Usage | None = Field(default=None, description="a month's traffic, as the cost report assumes it")
    pilot_monthly_cost: Dollars | None = Field(
        default=None, description="US dollars a month that the pilot cost; the report warns outside 3 to 5 times that"
    )
    monthly_budget: Dollars | None = Field(
        default=None, description="US dollars a month: a budget of the model's own, and the limit of a preview"
    )
    kpis: Annotated[tuple[Kpi, ...], AsTuple] = Field(default=(), description="what the model must bring about")
    success_criteria: dict[Name, Number] = Field(
        default={}, description="the least value of a version's metrics, such as accuracy: 0.95"
    )

    @model_validator(mode="after")
    def _is_served_in_one_way(self) -> Model:
        given = [type(self).model_fields[name].alias or name for name in self.model_fields_set]
        require_serving(self.serving, self.pods, self.jobs, self.quota, given)
        return self

    @model_validator(mode="after")
    def _variants_and_traffic_agree(self) -> Model:
        if self.serving == "kubernetes":
            return self
        names = [variant.name for variant in self.variants]
        slots = [*names, *([self.shadow.name] if self.shadow else [])]
        twice = sorted(name for name, count in Counter(slots).items() if count > 1)
        if twice:
            raise MistakeError("variants", f"{twice[0]!r} twice", "a name of its own for each variant")
        if set(self.traffic) != set(names):
            raise MistakeError(
                "traffic", f"shares for {sorted(self.traffic)}", f"one share for each of {sorted(names)}"
            )
        if (total := sum(self.traffic.values())) != 100:
            raise MistakeError("traffic", f"{self.traffic}, which sums to {total}", "integers that sum to 100")
        return self

    @model_validator(mode="after")
    def _kpis_have_names_of_their_own(self) -> Model:
        twice = sorted(name for name, count in Counter(kpi.name for kpi in self.kpis).items() if count > 1)
        if twice:
            raise MistakeError("kpis", f"{twice[0]!r} twice", "a name of its own for each")
        return self

    @model_validator(mode="after")
    def _accelerator_matches(self) -> Model:
        for where, instance_type in self.instance_types():
            if (carried := accelerator(instance_type)) != self.accelerator:
                raise MistakeError(
                    "accelerator",
                    f"{self.accelerator!r} with {where} {instance_type!r}",
                    f"accelerator: {carried} for this instance type, or an instance type with {self.accelerator!r}",
                )
        if self.pods and (self.accelerator == "gpu") != bool(self.pods.gpu):
            got = f"{self.accelerator!r} with pods of {self.pods.gpu} GPUs"
            raise MistakeError("accelerator", got, "gpu, whose image is Dockerfile.gpu, with GPUs, and none without")
        return self

    @model_validator(mode="after")
    def _shadow_stands_beside_one_variant(self) -> Model:
        if self.shadow and len(self.variants) > 1:
            raise MistakeError("shadow", f"a shadow beside {len(self.variants)} variants", "exactly one variant")
        return self

    @model_validator(mode="after")
    def _mode_allows_the_rest(self) -> Model:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html and multi-model-endpoints.html"""
        if self.mode == "async" and len(self.variants) > 1:
            raise MistakeError("variants", f"{len(self.variants)} with mode async", "exactly one variant")
        if (self.mode == "async") != (self.asynchronous is not None):
            got = f"{'a' if self.asynchronous else 'no'} block with mode {self.mode}"
            raise MistakeError("asynchronous", got, "the block with mode async, and no other")
        if self.mode == "multi-model" and self.accelerator == "gpu":
            # https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html: Triton's container alone.
            raise MistakeError("mode", "multi-model with accelerator gpu", "accelerator none, or mode realtime")
        for key, value in (("shadow", self.shadow), ("capture", self.capture if self.mode == "async" else None)):
            if value and self.mode != "realtime":
                raise MistakeError(key, f"{key} with mode {self.mode}", f"mode realtime, or no {key}")
        for position, variant in enumerate(self.variants):
            scaling, where = variant.scaling, f"variants[{position}].scaling"
            if scaling and scaling.backlog_per_instance and self.mode != "async":
                raise MistakeError(f"{where}.backlogPerInstance", f"with mode {self.mode}", "mode async")
            if scaling and scaling.invocations_per_instance and self.mode == "async":
                raise MistakeError(f"{where}.invocationsPerInstance", "with mode async", "backlogPerInstance")
            if scaling and self.mode != "async" and any(b.minimum == 0 for b in (scaling, *scaling.schedule)):
                raise MistakeError(f"{where}.minimum", f"0 with mode {self.mode}", "1 or more, or mode async")
        return self

    @model_validator(mode="after")
    def _analysis_has_the_endpoint_to_itself(self) -> Model:
        """Rollout says which version is live, and puts the one that it tries beside the only variant."""
        if self.analysis is None:
            return self
        if len(self.variants) > 1:
            raise MistakeError("analysis", f"{len(self.variants)} variants", "one variant, beside which Rollout tries")
        if self.shadow:
            raise MistakeError("shadow", "a shadow of the stack file's", "none with analysis, or `analysis.shadow`")
        if self.mode != "realtime":
            raise MistakeError("analysis", f"mode {self.mode}", "mode realtime")
        if (name := self.variants[0].name) in _ROLLOUTS:
            raise MistakeError("variants[0].name", repr(name), "another name: with analysis this one is Rollout's")
        if self.variants[0].version == "candidate":
            raise MistakeError("variants[0].version", "'candidate'", "with analysis, approved or a pinned version")
        if self.batch and self.batch.version in SLOTS:
            got, allowed = repr(self.batch.version), "a pinned version: with analysis the slots change without an `up`"
            raise MistakeError("batch.version", got, allowed)
        return self

    @model_validator(mode="after")
    def _the_loop_has_what_it_works_on(self) -> Model:
        if self.monitor:
            require_evidence(capture=bool(self.capture), training=bool(self.training), mode=self.mode)
        if self.fairness and not self.training:
            raise MistakeError("fairness", "no training", "a `training` block beside it: its gates compare the groups")
        if self.analysis and self.analysis.metric and not self.monitor:
            raise MistakeError("analysis.metric", "no monitor", "a `monitor` block beside it, which counts answers")
        if self.experiment:
            self.experiment.require_arms(self.traffic)
        return self

    @model_validator(mode="after")
    def _objective_fits_an_alarm(self) -> Model:
        if self.objective and len(self.variants) > 5:
            raise MistakeError("objective", f"{len(self.variants)} variants", "at most 5: an alarm takes ten metrics")
        return self

    @model_validator(mode="after")
    def _deployment_is_possible(self) -> Model:
        if self.variants:
            require_possible(self.deployment, [self.least_instances(variant) for variant in self.variants])
        return self

    @staticmethod
    def least_instances(variant: Variant) -> int:
        """The instances that a variant has at the quietest hour."""
        return variant.scaling.minimum if variant.scaling else variant.instances

    def purpose(self) -> dict[str, Any]:
        """What the outputs say of use, cost and aims, with the stack file's keys and only those that it sets."""
        said = self.model_dump(by_alias=True, exclude_unset=True, mode="json")
        keys = ("usage", "pilotMonthlyCost", "monthlyBudget", "kpis", "successCriteria")
        return {key: said[key] for key in keys if said.get(key)}

    def instance_types(self) -> Iterator[tuple[str, str]]:
        """Key path and instance type of everything that the endpoint runs on."""
        for position, variant in enumerate(self.variants):
            yield f"variants[{position}].instanceType", variant.instance_type
        if self.shadow:
            yield "shadow.instanceType", self.shadow.instance_type

    def versions(self) -> list[str]:
        """The versions that must exist before the model can be deployed."""
        served = {variant.version for variant in (*self.variants, *([self.shadow] if self.shadow else []))}
        served |= {self.pods.version} if self.pods else set()
        return sorted(served | ({self.batch.version} if self.batch else set()))

    @property
    def on_kubernetes(self) -> bool:
        """Whether anything of the model runs in the cluster."""
        return self.pods is not None or bool(self.jobs)

    @property
    def job_version(self) -> str:
        """The version that its jobs on Kubernetes run with: the one that answers."""
        return self.pods.version if self.pods else self.variants[0].version
