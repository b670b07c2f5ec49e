"""The endpoints of SageMaker's API over moto: AWS's refusals, and calls that move real processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import definitions
from local.cloud.definitions import arn_of, find_config
from local.cloud.hosting import Hosting
from local.cloud.plan import Plan

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
        shown["ProductionVariants"] = [variant.summary() for variant in endpoint.plan.variants]
    if endpoint.failure_reason:
        shown["FailureReason"] = endpoint.failure_reason[:1024]
    if endpoint.plan.capture:
        shown["DataCaptureConfig"] = _capture(endpoint.plan.capture)
    if endpoint.plan.deployment:
        shown["LastDeploymentConfig"] = endpoint.plan.deployment
    if endpoint.pending:
        shown["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.pending.config,
            "ProductionVariants": [variant.summary() for variant in endpoint.pending.variants],
        }
    return ActionResult(shown)


def create_endpoint(response: Any, hosting: Hosting) -> ActionResult:
    backend, name = response.sagemaker_backend, response._get_param("EndpointName")
    if name in backend.endpoints:
        raise AWSValidationException(f'Cannot create already existing endpoint "{arn_of(response, "endpoint", name)}".')
    config = response._get_param("EndpointConfigName")
    plan = replace(_plan(response, config), deployment=_deployment(response))
    endpoint = backend.create_endpoint(name, config, response._get_param("Tags"))
    endpoint.plan, endpoint.pending = plan, None
    hosting.create(response.region, endpoint)
    return ActionResult({"EndpointArn": endpoint.arn})


def update_endpoint(response: Any, hosting: Hosting) -> ActionResult:
    endpoint = _changeable(response)
    # AWS reads the config that the endpoint runs now, too, and fails when somebody deleted it.
    find_config(response, endpoint.plan.config)
    plan = _plan(response, response._get_param("EndpointConfigName"))
    deployment = _deployment(response)
    _check_guardrails(endpoint.plan, plan, deployment)
    if response._get_param("RetainDeploymentConfig"):
        deployment = endpoint.plan.deployment
    if response._get_param("RetainAllVariantProperties"):
        excluded = response._get_param("ExcludeRetainedVariantProperties") or []
        plan = plan.retaining(endpoint.plan, {each["VariantPropertyType"] for each in excluded})
    endpoint.pending = replace(plan, deployment=deployment)
    hosting.update(response.region, endpoint)
    return ActionResult({"EndpointArn": endpoint.arn})


def update_endpoint_weights_and_capacities(response: Any, hosting: Hosting) -> ActionResult:
    endpoint = _changeable(response)
    wanted = response._get_param("DesiredWeightsAndCapacities")
    names = [each["VariantName"] for each in wanted]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise AWSValidationException(f'The variant name "{repeated.pop()}" was non-unique within the request.')
    if unknown := set(names) - {variant.name for variant in endpoint.plan.variants}:
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


def _check_guardrails(running: Plan, plan: Plan, deployment: dict[str, Any] | None) -> None:
    before, after = ({variant.name for variant in each.variants} for each in (running, plan))
    if deployment and before != after:
        raise AWSValidationException(
            "Deployment guardrails need the same variant names in the old and the new endpoint configuration; "
            f"got {sorted(before)} and {sorted(after)}."
        )


def _deployment(response: Any) -> dict[str, Any] | None:
    deployment: dict[str, Any] | None = response._get_param("DeploymentConfig")
    routing = (deployment or {}).get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if deployment and ("RollingUpdatePolicy" in deployment or routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE"):
        kind = routing.get("Type", "RollingUpdatePolicy")
        raise AWSValidationException(
            f"DeploymentConfig: got {kind}, the emulated account serves ALL_AT_ONCE only (docs/limits.md)."
        )
    return deployment


def _plan(response: Any, config: str) -> Plan:
    given = find_config(response, config).given
    models = {}
    for variant in given["ProductionVariants"]:
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
        "EnableCapture": given.get("EnableCapture", False),
        "CaptureStatus": "Started" if given.get("EnableCapture") else "Stopped",
        "CurrentSamplingPercentage": given.get("InitialSamplingPercentage"),
        "DestinationS3Uri": given.get("DestinationS3Uri"),
        "KmsKeyId": given.get("KmsKeyId"),
    }
    return {name: value for name, value in shown.items() if value is not None}
