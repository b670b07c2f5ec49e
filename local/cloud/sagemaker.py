"""The endpoints of SageMaker's API over moto: AWS's refusals, and calls that move real processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import definitions
from local.cloud.definitions import arn_of, find_config
from local.cloud.deployment import refusal
from local.cloud.hosting import CLOUDWATCH, Hosting
from local.cloud.plan import Plan
from local.state import ACCOUNT

SCALING: Any = applicationautoscaling_backends
BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def install(hosting: Hosting) -> None:
    """Puts our operations in the place of moto's."""

    def with_hosting(operation: Callable[[Any, Hosting], ActionResult]) -> Callable[[Any], ActionResult]:
        return lambda response: operation(response, hosting)

    definitions.install()
    moto: Any = SageMakerResponse
    moto.describe_endpoint = describe_endpoint
    for moving in (create_endpoint, update_endpoint, update_endpoint_weights_and_capacities, delete_endpoint):
        setattr(SageMakerResponse, moving.__name__, with_hosting(moving))


def describe_endpoint(response: Any) -> ActionResult:
    endpoint = _endpoint(response)
    shown = {
        "EndpointName": endpoint.endpoint_name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.plan.config,
        "EndpointStatus": endpoint.endpoint_status,
        "CreationTime": endpoint.creation_time,
        "LastModifiedTime": endpoint.last_modified_time,
    }
    if endpoint.endpoint_status not in ("Creating", "Failed"):
        shown |= _variants(endpoint.plan)
    if endpoint.failure_reason:
        shown["FailureReason"] = endpoint.failure_reason[:1024]
    if endpoint.plan.capture:
        shown["DataCaptureConfig"] = _capture(endpoint.plan.capture)
    if endpoint.plan.deployment:
        shown["LastDeploymentConfig"] = endpoint.plan.deployment
    if endpoint.pending:
        pending = {"EndpointConfigName": endpoint.pending.config, "StartTime": endpoint.update_began}
        shown["PendingDeploymentSummary"] = pending | _variants(endpoint.pending)
    if endpoint.plan.asynchronous:
        shown["AsyncInferenceConfig"] = endpoint.plan.asynchronous
    return ActionResult(shown)


def create_endpoint(response: Any, hosting: Hosting) -> ActionResult:
    backend, name = response.sagemaker_backend, response._get_param("EndpointName")
    if name in backend.endpoints:
        raise AWSValidationException(f'Cannot create already existing endpoint "{arn_of(response, "endpoint", name)}".')
    config = response._get_param("EndpointConfigName")
    plan = replace(_plan(response, config), deployment=response._get_param("DeploymentConfig"))
    endpoint = backend.create_endpoint(name, config, response._get_param("Tags"))
    endpoint.plan, endpoint.pending = plan, None
    hosting.create(response.region, endpoint)
    return ActionResult({"EndpointArn": endpoint.arn})


def update_endpoint(response: Any, hosting: Hosting) -> ActionResult:
    endpoint = _changeable(response)
    # AWS reads the config that the endpoint runs now, too, and fails when somebody deleted it.
    find_config(response, endpoint.plan.config)
    plan = _plan(response, response._get_param("EndpointConfigName"))
    deployment = response._get_param("DeploymentConfig")
    if response._get_param("RetainDeploymentConfig"):
        deployment = endpoint.plan.deployment
    if response._get_param("RetainAllVariantProperties"):
        excluded = response._get_param("ExcludeRetainedVariantProperties") or []
        plan = plan.retaining(endpoint.plan, {each["VariantPropertyType"] for each in excluded})
    alarms, scaled = CLOUDWATCH[ACCOUNT][response.region].alarms, _scaled(response.region, endpoint.endpoint_name)
    if reason := refusal(deployment, endpoint.plan, plan, alarms, scaled):
        raise AWSValidationException(reason)
    endpoint.pending, endpoint.update_began = replace(plan, deployment=deployment), datetime.now(UTC)
    hosting.update(response.region, endpoint)
    return ActionResult({"EndpointArn": endpoint.arn})


def update_endpoint_weights_and_capacities(response: Any, hosting: Hosting) -> ActionResult:
    endpoint = _changeable(response)
    wanted = response._get_param("DesiredWeightsAndCapacities")
    names = [each["VariantName"] for each in wanted]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise AWSValidationException(f'The variant name "{repeated.pop()}" was non-unique within the request.')
    if unknown := set(names) - {variant.name for variant in endpoint.plan.fleets}:
        raise AWSValidationException(
            f'The variant name(s) "{", ".join(sorted(unknown))}" is/are not present within endpoint configuration '
            f'"{endpoint.plan.config}".'
        )
    endpoint.plan = endpoint.plan.desiring({each["VariantName"]: each for each in wanted})
    hosting.reweigh(response.region, endpoint)
    return ActionResult({"EndpointArn": endpoint.arn})


def delete_endpoint(response: Any, hosting: Hosting) -> ActionResult:
    endpoint = _endpoint(response)
    if endpoint.endpoint_status in BUSY:
        raise AWSValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    hosting.delete(response.region, endpoint)
    return EmptyResult()


def _scaled(region: str, endpoint: str) -> set[str]:
    """The variants of an endpoint that autoscaling has registered."""
    targets = SCALING[ACCOUNT][region].targets.get("sagemaker:variant:DesiredInstanceCount", {})
    found = (target.split("/") for target in targets)
    return {parts[3] for parts in found if parts[0] == "endpoint" and parts[1] == endpoint}


def _variants(plan: Plan) -> dict[str, Any]:
    shown = {"ProductionVariants": [variant.summary() for variant in plan.variants]}
    return shown | ({"ShadowProductionVariants": [plan.shadow.summary()]} if plan.shadow else {})


def _plan(response: Any, config: str) -> Plan:
    given = find_config(response, config).given
    models = {}
    for variant in [*given["ProductionVariants"], *(given.get("ShadowProductionVariants") or [])]:
        models[variant["ModelName"]] = response.sagemaker_backend.describe_model(variant["ModelName"]).given
    return Plan.of(given, models)


def _changeable(response: Any) -> Any:
    endpoint = _endpoint(response)
    if endpoint.endpoint_status in BUSY:
        raise AWSValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.endpoint_status == "Failed":
        raise AWSValidationException(
            f'Cannot update endpoint "{endpoint.arn}" in status Failed; it can only be deleted.'
        )
    return endpoint


def _endpoint(response: Any) -> Any:
    name = response._get_param("EndpointName")
    if name not in response.sagemaker_backend.endpoints:
        raise AWSValidationException(f'Could not find endpoint "{arn_of(response, "endpoint", name)}".')
    return response.sagemaker_backend.endpoints[name]


def _capture(given: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "EnableCapture": given.get("EnableCapture", True),
        "CaptureStatus": "Started" if given.get("EnableCapture", True) else "Stopped",
        "CurrentSamplingPercentage": given.get("InitialSamplingPercentage"),
        "DestinationS3Uri": given.get("DestinationS3Uri"),
        "KmsKeyId": given.get("KmsKeyId"),
    }
    return {name: value for name, value in shown.items() if value is not None}
