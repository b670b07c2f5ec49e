"""A model's endpoint made by hand, with everything around it that it needs, for the tests of hosting."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.bucket import Bucket
from components.key import Key
from components.model_endpoint import ModelEndpoint, ModelEndpointArgs, Variant
from components.rollout import Rollout
from components.site import Site
from model_code.contract import VersionRecord
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/m@sha256:{'a' * 64}"
OWNER = "a@example.com"


def record(digit: str = "1") -> VersionRecord:
    """A version with an artifact of its own."""
    artifact = f"s3://takeoff-test-models/m/{digit * 64}/model.tar.gz"
    return VersionRecord(version=digit * 12, artifact=artifact, algorithm="x", metrics={})


def variant(name: str = "main", **more: Any) -> Variant:
    """A variant with all the traffic on two machines."""
    common = {"version": record(), "instance_type": "ml.c6i.large", "instances": 2, "traffic": 100}
    return Variant(**{"name": name, **common, **more})


def args(**more: Any) -> ModelEndpointArgs:
    """Arguments without an account behind them: enough to be refused, or to name a release."""
    common: dict[str, Any] = dict.fromkeys(("models", "key", "rollout"))
    base = {"model": "m", "owner": OWNER, "image": IMAGE, "variants": [variant()], **common}
    return ModelEndpointArgs(**{**base, **more})


def hosted(*, alerted: bool = False, **more: Any) -> Deployment:
    """Deploy one endpoint. A callable among the arguments is given the key and a bucket for data."""

    def program() -> None:
        key = Key("data", site=SITE, purpose="p", services=PUBLISHERS)
        models = Bucket("models", site=SITE, key=key, force_destroy=False)
        data = Bucket("captures", site=SITE, key=key, force_destroy=False)
        recipients: Any = {"warning": [OWNER]}
        alerts = AlertsArgs(key=key, recipients=recipients, runbooks="https://example.com/runbooks")
        made = {name: value(key, data) if callable(value) else value for name, value in more.items()}
        if alerted:
            made["alerts"] = Alerts("alerts", SITE, alerts)
        given = args(models=models, key=key, rollout=Rollout("rollout", SITE, key), **made)
        ModelEndpoint("m", SITE, given)

    return deploy(program)


def wish(deployment: Deployment) -> dict[str, Any]:
    """What the deployment wished for."""
    found: dict[str, Any] = json.loads(deployment.one(aws.ssm.Parameter).inputs["insecureValue"])
    return found


def allowed(deployment: Deployment) -> list[dict[str, Any]]:
    """The statements of the model's role."""
    document = json.loads(deployment.one(aws.iam.RolePolicy, "m-model").inputs["policy"])
    found: list[dict[str, Any]] = document["Statement"]
    return found
