"""Versions of model package groups: numbered, approved or not, and every change of approval is an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.events.models import events_backends
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import ModelPackage
from moto.sagemaker.responses import SageMakerResponse

from local.cloud.package_cards import card
from local.state import ACCOUNT

STATUSES = ("Approved", "PendingManualApproval", "Rejected")
# AWS: entries of CustomerMetadataProperties, and characters of a key and of a value.
MOST, KEY, VALUE = 50, 128, 256
# What moto's package takes of a request under its own names; the rest is ours to say.
_TAKEN = {
    "model_package_description": "ModelPackageDescription",
    "inference_specification": "InferenceSpecification",
    "source_algorithm_specification": "SourceAlgorithmSpecification",
    "validation_specification": "ValidationSpecification",
    "metadata_properties": "MetadataProperties",
    "model_metrics": "ModelMetrics",
    "customer_metadata_properties": "CustomerMetadataProperties",
    "drift_check_baselines": "DriftCheckBaselines",
    "domain": "Domain",
    "task": "Task",
    "sample_payload_url": "SamplePayloadUrl",
    "additional_inference_specifications": "AdditionalInferenceSpecifications",
    "client_token": "ClientToken",
    "tags": "Tags",
}


def install() -> None:
    """Puts our operations in the place of moto's, which counts what is left and tells nobody."""
    moto: Any = SageMakerResponse
    others = moto.create_model_package

    def create_model_package(response: Any) -> Any:
        return create(response) if response._get_param("ModelPackageGroupName") else others(response)

    moto.create_model_package = create_model_package
    for operation in (describe_model_package, update_model_package, delete_model_package):
        setattr(moto, operation.__name__, operation)


def create(response: Any) -> ActionResult:
    """CreateModelPackage of a version.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
    """
    backend, given = response.sagemaker_backend, response._get_param
    if given("ModelPackageName"):
        raise AWSValidationException("Both ModelPackageName and ModelPackageGroupName are provided; allowed: one.")
    name = str(given("ModelPackageGroupName")).rpartition("/")[2]
    group = backend.model_package_groups.get(name)
    if group is None:
        raise AWSValidationException(f"Model Package Group {name} does not exist.")
    versions = [one for one in backend.model_packages.values() if one.model_package_group_name == name]
    if token := given("ClientToken"):
        for one in versions:
            if one.client_token == token:
                return ActionResult({"ModelPackageArn": one.arn})
    _checked(given("CustomerMetadataProperties") or {})
    described = card(given("ModelCard"))
    # A number is never given twice, also not that of a version which was deleted.
    number = max([getattr(group, "takeoff_last", 0), *(one.model_package_version for one in versions)]) + 1
    package: Any = ModelPackage(
        model_package_name=name,
        model_package_group_name=name,
        model_package_version=number,
        model_package_type="Versioned",
        model_approval_status=_status(given("ModelApprovalStatus") or "PendingManualApproval"),
        approval_description=None,
        certify_for_marketplace=False,
        region_name=response.region,
        account_id=ACCOUNT,
        **{ours: given(theirs) for ours, theirs in _TAKEN.items()},
    )
    group.takeoff_last, package.takeoff_card = number, described
    backend.model_packages[package.arn] = package
    backend.model_package_name_mapping[package.arn] = package.arn
    _tell(response.region, package)
    return ActionResult({"ModelPackageArn": package.arn})


def describe_model_package(response: Any) -> ActionResult:
    package = _package(response, "ModelPackageName")
    described = getattr(package, "takeoff_card", None)
    return ActionResult(package.gen_response_object() | ({"ModelCard": described} if described else {}))


def update_model_package(response: Any) -> ActionResult:
    """What is given changes, and nothing else; metadata is added to what there is.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html
    """
    package, given = _package(response, "ModelPackageArn"), response._get_param
    before, status = package.model_approval_status, given("ModelApprovalStatus")
    metadata = dict(package.customer_metadata_properties or {}) | (given("CustomerMetadataProperties") or {})
    for key in given("CustomerMetadataPropertiesToRemove") or ():
        metadata.pop(key, None)
    _checked(metadata)
    described = card(given("ModelCard"), getattr(package, "takeoff_card", None))
    if status is not None:
        package.model_approval_status = _status(status)
    if (description := given("ApprovalDescription")) is not None:
        package.approval_description = description
    package.customer_metadata_properties, package.takeoff_card = metadata or None, described
    if added := given("AdditionalInferenceSpecificationsToAdd"):
        package.add_additional_inference_specifications(added)
    package.modifications_done()
    if package.model_approval_status != before:
        _tell(response.region, package)
    return ActionResult({"ModelPackageArn": package.arn})


def delete_model_package(response: Any) -> EmptyResult:
    backend, package = response.sagemaker_backend, _package(response, "ModelPackageName")
    del backend.model_packages[package.arn]
    for name in [key for key, arn in backend.model_package_name_mapping.items() if arn == package.arn]:
        del backend.model_package_name_mapping[name]
    return EmptyResult()


def _package(response: Any, member: str) -> Any:
    backend, name = response.sagemaker_backend, str(response._get_param(member))
    package = backend.model_packages.get(backend.model_package_name_mapping.get(name, name))
    if package is None:
        raise AWSValidationException(f"Could not find model package {name}.")
    return package


def _status(status: str) -> str:
    if status not in STATUSES:
        raise AWSValidationException(
            f"1 validation error detected: Value '{status}' at 'modelApprovalStatus' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(STATUSES)}]"
        )
    return status


def _checked(metadata: Mapping[str, str]) -> None:
    long = [key for key, value in metadata.items() if not (0 < len(key) <= KEY and 0 < len(value) <= VALUE)]
    if len(metadata) > MOST or long:
        got = f"{long[0]!r}" if long else f"{len(metadata)} entries"
        raise AWSValidationException(
            f"CustomerMetadataProperties: got {got}; allowed: {MOST} entries, keys of 1 to {KEY} characters and values "
            f"of 1 to {VALUE}"
        )


def _tell(region: str, package: Any) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""
    shown = package.gen_response_object()
    told = (
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageDescription",
        "InferenceSpecification",
        "ModelPackageStatus",
        "ModelApprovalStatus",
        "ApprovalDescription",
        "CustomerMetadataProperties",
    )
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Package State Change",
        "Resources": [package.arn],
        "Detail": json.dumps({name: shown[name] for name in told if name in shown}),
    }
    events_backends[ACCOUNT][region].put_events([entry])
