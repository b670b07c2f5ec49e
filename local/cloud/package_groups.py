"""Model package groups: their policies, and AWS's refusal to delete one that holds versions."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

# Where a group keeps its policy: moto's own has no place for it.
_POLICY = "takeoff_policy"


def install() -> None:
    """Adds what moto lacks of model package groups."""
    moto: Any = SageMakerResponse
    create = moto.create_model_package_group

    def create_model_package_group(response: Any) -> Any:
        name = response._get_param("ModelPackageGroupName")
        known = response.sagemaker_backend.model_package_groups.get(name)
        if known is not None:
            raise AWSValidationException(f"Model Package Group already exists: {known.arn}")
        return create(response)

    moto.create_model_package_group = create_model_package_group
    for operation in (
        delete_model_package_group,
        put_model_package_group_policy,
        get_model_package_group_policy,
        delete_model_package_group_policy,
    ):
        setattr(moto, operation.__name__, operation)


def delete_model_package_group(response: Any) -> EmptyResult:
    group = _group(response)
    packages = response.sagemaker_backend.model_packages.values()
    held = [each for each in packages if each.model_package_group_name == group.model_package_group_name]
    if held:
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModelPackageGroup.html
        said = f"Model Package Group {group.arn} cannot be deleted: it holds {len(held)} model package(s)."
        raise JsonRESTError("ConflictException", said)
    del response.sagemaker_backend.model_package_groups[group.model_package_group_name]
    return EmptyResult()


def put_model_package_group_policy(response: Any) -> ActionResult:
    group = _group(response)
    setattr(group, _POLICY, response._get_param("ResourcePolicy"))
    return ActionResult({"ModelPackageGroupArn": group.arn})


def get_model_package_group_policy(response: Any) -> ActionResult:
    return ActionResult({"ResourcePolicy": _policy(_group(response))})


def delete_model_package_group_policy(response: Any) -> EmptyResult:
    group = _group(response)
    _policy(group)
    delattr(group, _POLICY)
    return EmptyResult()


def _policy(group: Any) -> str:
    policy: str | None = getattr(group, _POLICY, None)
    if policy is None:
        raise AWSValidationException(f"Cannot find resource policy for: {group.arn}")
    return policy


def _group(response: Any) -> Any:
    name = str(response._get_param("ModelPackageGroupName")).rpartition("/")[2]
    group = response.sagemaker_backend.model_package_groups.get(name)
    if group is None:
        raise AWSValidationException(f"Cannot find Model Package Group: {name}")
    return group
