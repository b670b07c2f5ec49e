# ruff: noqa: ARG002, N803 (boto3's names, not all of which matter here)
"""An AWS account with one model's endpoint, as far as Rollout can tell: traffic comes while it waits."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from catalog.analysis import Analysis, Step
from catalog.candidates import Candidates, Release
from catalog.plan import Plan
from model_code.rollout.handler import Clients, step
from model_code.rollout.records import Decision

FOLDER = "/takeoff/s/m"
OLD, NEW, NEWER = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANALYSIS = Analysis(
    steps=(Step(percent=10, requests=20, seconds=60), Step(percent=50, requests=20, seconds=60)),
    bake_seconds=120,
    look_seconds=60,
    tolerated=0.01,
    detect=0.1,
    patience=5,
)


class KilledError(Exception):
    """The function or its machine died right after a call."""


def error(operation: str, code: str, message: str) -> ClientError:
    """AWS's refusal."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def record(version: str) -> dict[str, Any]:
    """A version's record."""
    return {"version": version, "artifact": f"s3://b/{version}.tar.gz", "algorithm": "a", "metrics": {"accuracy": 0.9}}


def wish(*versions: str, analysis: Analysis = ANALYSIS, pinned: str = "") -> Candidates:
    """A wish with these versions; a version's config is named after it."""
    releases = {each: Release(config=f"m-{each[0]}", content=each, generation=1) for each in versions}
    return Candidates(
        endpoint="m",
        variant="main",
        instances=None,
        releases=releases,
        pinned=pinned,
        plan=Plan(),
        analysis=analysis,
    )


@dataclass
class Account:
    """Everything that Rollout calls. `errors` is each version's rate of bad answers, `rate` requests in a second.

    `calls` counts calls that AWS has taken; after number `kill_at` whoever made it is gone. An update takes `slow`
    looks at the endpoint. After look number `met_at` at the endpoint, `company` acts before whoever looked. `dark` is
    what CloudWatch answers instead of sums.
    """

    wish: Candidates
    approved: str = OLD
    candidate: str = NEW
    rate: int = 20
    slow: int = 1
    seed: int = 1
    errors: dict[str, float] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    kill_at: int = -1
    dark: str = ""
    met_at: int = -1
    company: Callable[[], None] | None = None
    calls: int = 0
    now: datetime = BEGAN

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 (a simulation)
        self.parameters = {
            f"{FOLDER}/desired": self.wish.to_json(),
            f"{FOLDER}/approved": json.dumps(record(self.approved)),
        }
        self.versions = dict.fromkeys(self.parameters, 1)
        if self.candidate:
            self.parameters[f"{FOLDER}/candidate"] = json.dumps(record(self.candidate))
        self.configs = {release.config: _config(release.config) for release in self.wish.releases.values()}
        self.config, self.status, self.reason = f"m-{self.approved[0]}", "InService", ""
        self.weights: dict[str, float] = {"main": 100}
        self.counts: dict[str, int] = {"main": 2}
        self.pending: Callable[[], None] | None = None
        self.left = self.observed = 0
        self.served: dict[str, int] = {}
        self.sums: dict[tuple[str, str, str], float] = {}
        self.alarms: dict[str, str] = {}
        self.suspended = False
        self.history: list[str] = []
        self.clients = Clients(self, self, self, self, self)

    # -- the world -------------------------------------------------------------------------------------------------

    def wait(self, seconds: int) -> None:
        """Time passes, and requests come."""
        self.now += timedelta(seconds=seconds)
        for _ in range(self.rate * seconds):
            self.request()

    def request(self) -> None:
        """One request by the present weights; a shadow gets a copy."""
        names = list(self.weights)
        (variant,) = self.random.choices(names, [self.weights[name] for name in names])
        self._answer(variant)
        for shadow in self.configs[self.config].get("ShadowProductionVariants", ()):
            self._answer(shadow["VariantName"])

    def _answer(self, variant: str) -> None:
        version = self.version_of(variant)
        bad = self.random.random() < self.errors.get(version, 0.0)
        self.served[version] = self.served.get(version, 0) + 1
        for metric, value in (("Invocations", 1), ("Invocation5XXErrors", bad), ("ModelLatency", 1000)):
            key = self.config, variant, metric
            self.sums[key] = self.sums.get(key, 0.0) + value

    def version_of(self, variant: str) -> str:
        """The version that a variant of the present config runs."""
        config = self.configs[self.config]
        all_of_them = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())]
        model = next(each["ModelName"] for each in all_of_them if each["VariantName"] == variant)
        return next(version for version, release in self.wish.releases.items() if release.config == model)

    def wants(self, wanted: Candidates) -> None:
        """Pulumi writes another wish."""
        for release in wanted.releases.values():
            self.configs.setdefault(release.config, _config(release.config))
        known = {**wanted.releases, **self.wish.releases}
        self.wish = Candidates(**{**wanted.__dict__, "releases": known})
        self.put_parameter(Name=f"{FOLDER}/desired", Value=wanted.to_json(), Overwrite=True)

    def says(self, leaf: str, **content: Any) -> None:
        """An operator or Admission writes a parameter."""
        self.parameters[f"{FOLDER}/{leaf}"] = json.dumps(content)

    def told(self, leaf: str) -> dict[str, Any]:
        """What a parameter holds."""
        found: dict[str, Any] = json.loads(self.parameters.get(f"{FOLDER}/{leaf}", "{}"))
        return found

    def decision(self, version: str) -> Decision | None:
        text = self.parameters.get(f"{FOLDER}/decisions/{version}")
        return Decision.from_json(text) if text else None

    def _called(self, what: str) -> None:
        self.calls += 1
        self.history.append(what)
        if self.calls == self.kill_at:
            raise KilledError(what)

    # -- SageMaker -------------------------------------------------------------------------------------------------

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        assert EndpointName == "m"
        found = {
            "EndpointStatus": self.status,
            "EndpointConfigName": self.config,
            "FailureReason": self.reason,
            "ProductionVariants": [
                {"VariantName": name, "DesiredWeight": weight, "DesiredInstanceCount": self.counts[name]}
                for name, weight in self.weights.items()
            ],
        }
        self.observed += 1
        if self.status == "Updating":
            self.left -= 1
            if self.left <= 0 and self.pending:
                self.status = "InService"
                self.pending()
        if self.observed == self.met_at and self.company:
            self.company()
        return found

    def _update(self, pending: Callable[[], None]) -> None:
        if self.status != "InService":
            raise error("UpdateEndpoint", "ValidationException", "Cannot update in-progress endpoint")
        self.status, self.left, self.pending, self.reason = "Updating", self.slow, pending, ""

    def update_endpoint(self, EndpointName: str, EndpointConfigName: str, **how: Any) -> None:
        assert {"VariantPropertyType": "DesiredWeight"} in how["ExcludeRetainedVariantProperties"]
        if EndpointConfigName not in self.configs:
            raise error("UpdateEndpoint", "ValidationException", "Could not find endpoint configuration")
        variants = self.configs[EndpointConfigName]["ProductionVariants"]

        def pending() -> None:
            if EndpointConfigName in self.broken:
                self.reason = "unhealthy"
                return
            self.config = EndpointConfigName
            self.weights = {each["VariantName"]: each["InitialVariantWeight"] for each in variants}
            self.counts = {
                each["VariantName"]: self.counts.get(each["VariantName"], each["InitialInstanceCount"])
                for each in variants
            }

        self._update(pending)
        self._called(f"config {EndpointConfigName}")

    def update_endpoint_weights_and_capacities(self, EndpointName: str, DesiredWeightsAndCapacities: Any) -> None:
        if unknown := {each["VariantName"] for each in DesiredWeightsAndCapacities} - set(self.weights):
            raise error("UpdateEndpointWeightsAndCapacities", "ValidationException", f"unknown variants: {unknown}")
        self._update(lambda: None)
        for each in DesiredWeightsAndCapacities:
            name = each["VariantName"]
            self.weights[name] = each.get("DesiredWeight", self.weights[name])
            self.counts[name] = each.get("DesiredInstanceCount", self.counts[name])
        self._called(f"weights {self.weights}")

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        return self.configs[EndpointConfigName]

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:
        return {"Tags": [{"Key": "owner", "Value": "me"}]}

    def create_endpoint_config(self, EndpointConfigName: str, **content: Any) -> None:
        if EndpointConfigName in self.configs:
            raise error("CreateEndpointConfig", "ValidationException", "Cannot create already existing configuration")
        self.configs[EndpointConfigName] = content
        self._called(f"create {EndpointConfigName}")

    def delete_endpoint_config(self, EndpointConfigName: str) -> None:
        assert EndpointConfigName != self.config, "an endpoint's own config must stay"
        if EndpointConfigName not in self.configs:
            raise error("DeleteEndpointConfig", "ValidationException", "Could not find endpoint configuration")
        del self.configs[EndpointConfigName]
        self._called(f"delete {EndpointConfigName}")

    # -- SSM -------------------------------------------------------------------------------------------------------

    def get_parameter(self, Name: str) -> dict[str, Any]:
        return {"Parameter": {"Value": self.parameters[Name], "Version": self.versions[Name]}}

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:
        assert len(Names) <= 10
        return {"Parameters": [{"Name": n, "Value": self.parameters[n]} for n in Names if n in self.parameters]}

    def put_parameter(self, Name: str, Value: str, Overwrite: bool, Type: str = "String") -> None:
        assert len(Value) <= 4096
        if Name in self.parameters and not Overwrite:
            raise error("PutParameter", "ParameterAlreadyExists", "The parameter already exists.")
        self.parameters[Name] = Value
        self.versions[Name] = self.versions.get(Name, 0) + 1
        self._called(f"put {Name.removeprefix(FOLDER + '/')}")

    # -- CloudWatch, Application Auto Scaling ----------------------------------------------------------------------

    def get_metric_data(self, MetricDataQueries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        if self.dark:
            raise error("GetMetricData", "InternalServiceFault", self.dark)
        return {"MetricDataResults": [self._result(query) for query in MetricDataQueries]}

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        metric, statistic = query["MetricStat"]["Metric"], query["MetricStat"]["Stat"]
        named = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        name = "Invocations" if statistic == "SampleCount" else metric["MetricName"]
        config = named.get("EndpointConfigName", "")
        value = self.sums.get((config, named["VariantName"], name))
        if statistic.startswith("PR("):
            value = None if value is None else 100.0
        values = [] if value is None else [float(value)]
        return {"Id": query["Id"], "Timestamps": [BEGAN] * len(values), "Values": values, "StatusCode": "Complete"}

    def describe_alarms(self, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]:
        known = [{"AlarmName": n, "StateValue": self.alarms[n]} for n in AlarmNames if n in self.alarms]
        return {"MetricAlarms": known}

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        kinds = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
        return {"ScalableTargets": [{"ResourceId": "r", "SuspendedState": dict.fromkeys(kinds, self.suspended)}]}

    def register_scalable_target(self, SuspendedState: dict[str, bool], **_: Any) -> None:
        (self.suspended,) = set(SuspendedState.values())
        self._called(f"suspend {self.suspended}")


def _config(name: str) -> dict[str, Any]:
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InstanceType": "ml.m7i.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 100.0,
    }
    return {"EndpointConfigArn": f"arn:{name}", "ProductionVariants": [variant], "KmsKeyId": "k"}


class Execution:
    """One execution of the state machine over an account: its event, through JSON, step by step."""

    def __init__(self, account: Account, leaf: str = "desired") -> None:
        self.account = account
        self.event: dict[str, Any] = {"parameter": f"{FOLDER}/{leaf}"}

    @property
    def over(self) -> bool:
        return self.event.get("status") in ("succeeded", "failed")

    def step(self) -> dict[str, Any]:
        """One call of the function. Nothing is waited for."""
        self.event = json.loads(json.dumps(step(self.event, self.account.clients, lambda: self.account.now)))
        return self.event

    def run(self, most: int = 400) -> dict[str, Any]:
        """To the end, with the waits that it asks for."""
        for _ in range(most):
            self.step()
            if self.over:
                return self.event
            self.account.wait(self.event["seconds"])
        raise AssertionError(f"never settled: {self.event}")
