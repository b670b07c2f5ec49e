"""Rules name types and properties of aws-native as AWS's published schemas have them; nothing else here knows those."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.aws.published import resource_schema
from policies.rules import RULES
from policies.rules.sagemaker_monitoring.kinds import KINDS

NATIVE = sorted(
    {token for rule in RULES for token in getattr(rule, "types", ()) if token.startswith("aws-native:sagemaker:")}
)
JOB = [
    "networkConfig.enableNetworkIsolation",
    "networkConfig.enableInterContainerTrafficEncryption",
    "jobResources.clusterConfig.instanceCount",
    "jobResources.clusterConfig.instanceType",
    "jobResources.clusterConfig.volumeKmsKeyId",
]
INLINE = "monitoringScheduleConfig.monitoringJobDefinition"
IDLE = "defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.lifecycleManagement"
PATHS = {
    **{type_: [*JOB, f"{kind.output}.kmsKeyId"] for kind in KINDS for type_ in kind.types},
    "aws-native:sagemaker:MonitoringSchedule": [
        f"{INLINE}.networkConfig.enableNetworkIsolation",
        f"{INLINE}.networkConfig.enableInterContainerTrafficEncryption",
        f"{INLINE}.monitoringOutputConfig.kmsKeyId",
        f"{INLINE}.monitoringResources.clusterConfig.volumeKmsKeyId",
    ],
    "aws-native:sagemaker:InferenceExperiment": ["kmsKey", "dataStorageConfig.kmsKey"],
    "aws-native:sagemaker:FeatureGroup": [
        "onlineStoreConfig.enableOnlineStore",
        "onlineStoreConfig.storageType",
        "onlineStoreConfig.securityConfig.kmsKeyId",
        "onlineStoreConfig.ttlDuration.value",
        "offlineStoreConfig.s3StorageConfig.kmsKeyId",
    ],
    "aws-native:sagemaker:Domain": ["appNetworkAccessType", "kmsKeyId", IDLE],
    "aws-native:sagemaker:ModelCard": ["securityConfig.kmsKeyId"],
    "aws-native:sagemaker:AppImageConfig": ["tags"],
    "aws-native:sagemaker:Image": ["tags"],
}


@pytest.mark.parametrize("token", NATIVE)
def test_a_type_of_aws_native_has_the_properties_that_rules_read(token: str) -> None:
    schema = resource_schema(f"AWS::SageMaker::{token.rpartition(':')[2]}", "us-east-1")
    for path in PATHS[token]:
        assert _has(schema, schema, path.split(".")), f"{token} has no {path}"


def test_a_property_that_is_not_there_would_show() -> None:
    schema = resource_schema("AWS::SageMaker::FeatureGroup", "us-east-1")
    assert not _has(schema, schema, ["onlineStoreConfig", "kmsKey"])


def _has(schema: Any, node: Any, path: list[str]) -> bool:
    """Whether a path is in a schema. aws-native writes AWS's names with a small first letter."""
    while "$ref" in node:
        node = schema["definitions"][node["$ref"].rpartition("/")[2]]
    if not path:
        return True
    by_name = {name[0].lower() + name[1:]: inner for name, inner in node.get("properties", {}).items()}
    branches = [branch for key in ("oneOf", "anyOf") for branch in node.get(key, ())]
    return (path[0] in by_name and _has(schema, by_name[path[0]], path[1:])) or any(
        _has(schema, branch, path) for branch in branches
    )
