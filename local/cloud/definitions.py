"""Models and endpoint configs: kept as given, judged as AWS judges them when they are created."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import FakeEndpointConfig
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import registry
from local.cloud.access import refusal
from local.state import ACCOUNT


def install() -> None:
    """Puts our definitions in the place of moto's."""
    # Judged by `_check_config`, by region and from AWS's current list.
    config: Any = FakeEndpointConfig
    config.validate_instance_type = lambda *_: None
    for operation in (create_model, describe_model, create_endpoint_config, describe_endpoint_config):
        setattr(SageMakerResponse, operation.__name__, operation)


def create_model(response: Any) -> ActionResult:
    given, backend = _given(response), response.sagemaker_backend
    name = given["ModelName"]
    if name in backend._models:
        raise AWSValidationException(f'Cannot create already existing model "{arn_of(response, "model", name)}".')
    for container in [given.get("PrimaryContainer"), *given.get("Containers", [])]:
        many = (container or {}).get("Mode") == "MultiModel"
        # The URL of a multi-model container is a prefix; its models are read, and may be missing, one by one.
        url = None if many else (container or {}).get("ModelDataUrl")
        if container and (reason := refusal(given["ExecutionRoleArn"], url, response.region)):
            raise AWSValidationException(reason)
        if container and (reason := registry.refusal(container.get("Image", ""), response.region)):
            raise AWSValidationException(reason)
    model = backend.create_model(name, given["ExecutionRoleArn"], None, None, None, response._get_param("Tags"))
    model.given = {"EnableNetworkIsolation": False} | given
    return ActionResult({"ModelArn": model.arn})


def describe_model(response: Any) -> ActionResult:
    model = response.sagemaker_backend.describe_model(response._get_param("ModelName"))
    return ActionResult(model.given | {"ModelArn": model.arn, "CreationTime": model.creation_time})


def create_endpoint_config(response: Any) -> ActionResult:
    given, backend = _given(response), response.sagemaker_backend
    name = given["EndpointConfigName"]
    if name in backend.endpoint_configs:
        arn = arn_of(response, "endpoint-config", name)
        raise AWSValidationException(f'Cannot create already existing endpoint configuration "{arn}".')
    _check_config(given, response.region)
    config = backend.create_endpoint_config(
        name, given["ProductionVariants"], None, None, response._get_param("Tags"), given.get("KmsKeyId")
    )
    config.given = given
    return ActionResult({"EndpointConfigArn": config.endpoint_config_arn})


def describe_endpoint_config(response: Any) -> ActionResult:
    config = find_config(response, response._get_param("EndpointConfigName"))
    return ActionResult(
        config.given | {"EndpointConfigArn": config.endpoint_config_arn, "CreationTime": config.creation_time}
    )


def find_config(response: Any, name: str) -> Any:
    """The config of that name; AWS's refusal when there is none."""
    if name not in response.sagemaker_backend.endpoint_configs:
        arn = arn_of(response, "endpoint-config", name)
        raise AWSValidationException(f'Could not find endpoint configuration "{arn}".')
    return response.sagemaker_backend.endpoint_configs[name]


def arn_of(response: Any, kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{response.region}:{ACCOUNT}:{kind}/{name}"


@cache
def instance_types(region: str) -> tuple[str, ...]:
    """What AWS hosts endpoints on in a region, from the resource schemas that cfn-lint ships."""
    # Found, not imported: cfn-lint takes half a second to import, and only its data are wanted.
    spec = find_spec("cfnlint")
    extensions = Path(str(spec and spec.origin)).parent / "data" / "schemas" / "extensions"
    regions = json.loads((extensions / "aws_sagemaker_hosting" / "instancetype_enum.json").read_text())
    return tuple(regions.get(region, {"enum": []})["enum"])


def _check_config(given: dict[str, Any], region: str) -> None:
    variants, shadows = given["ProductionVariants"], given.get("ShadowProductionVariants") or []
    if shadows and (len(variants) > 1 or len(shadows) > 1):
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
        raise AWSValidationException(
            "With ShadowProductionVariants you can only specify one variant for ProductionVariants and one variant for "
            f"ShadowProductionVariants; got {len(variants)} and {len(shadows)}."
        )
    variants = [*variants, *shadows]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise AWSValidationException(f"Variant names must be unique within an endpoint configuration; got {names}.")
    for number, variant in enumerate(variants, 1):
        kind = variant.get("InstanceType")
        if kind not in instance_types(region):
            allowed = ", ".join(instance_types(region))
            raise AWSValidationException(
                f"1 validation error detected: Value '{kind}' at 'productionVariants.{number}.member.instanceType' "
                f"failed to satisfy constraint: Member must satisfy enum value set: [{allowed}]"
            )
        if float(variant.get("InitialVariantWeight", 1)) < 0:
            raise AWSValidationException(f"productionVariants.{number}.member.initialVariantWeight must be at least 0.")


def _given(response: Any) -> dict[str, Any]:
    return {name: value for name, value in response.params.items() if name != "Tags" and value is not None}
