"""A stack whose model is too large for one machine: the local stack's file with `engine: emr-serverless`."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from infra.program import deploy as program
from tests.deployment import Deployment, deploy
from tests.stacks import shipped

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/spark@sha256:{'b' * 64}"


def large(stack: str = "local") -> Deployment:
    config = shipped.config(stack)
    models: dict[str, Any] = json.loads(config["takeoff:models"])
    models["risk"]["monitor"]["engine"] = "emr-serverless"
    changed = {"takeoff:models": json.dumps(models), "takeoff:spark": json.dumps({"image": IMAGE, "vcpus": 16})}
    return deploy(program, stack=stack, config=config | changed, parameters=shipped.facts(stack))


def test_one_application_is_for_the_models_that_say_so_and_the_others_stay_where_they_were() -> None:
    deployment = large()
    application = deployment.one(aws.emrserverless.Application)
    assert application.inputs["imageConfiguration"] == {"imageUri": IMAGE}
    told = {
        parameter.name: json.loads(parameter.inputs["insecureValue"])["spark"]
        for parameter in deployment.all(aws.ssm.Parameter)
        if parameter.name.endswith("-monitor")
    }
    assert told["risk-monitor"] == application.inputs["name"]
    assert not any(spark for name, spark in told.items() if name != "risk-monitor")
    assert set(application.inputs["tags"]) >= {"takeoff:model", "takeoff:owner"}


def test_in_a_stack_without_a_large_model_there_is_none() -> None:
    assert shipped.whole("local").all(aws.emrserverless.Application) == []
