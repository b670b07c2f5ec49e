"""Where the official plugin and AWS's schemas disagree on which change replaces a resource.

The table follows the plugin (Terraform's ForceNew), because that is what happens to a real stack. docs/limits.md prints
these; a test recomputes them, so that a new row or a new schema cannot disagree unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from local.providers.aws.published import resource_schema
from local.providers.aws.row import Row
from local.providers.aws.schema import Judge

_NO_PROPERTY = "AWS cannot change it; the official plugin has no such property"
_NO_UPDATE = "the official plugin replaces; CloudFormation's schema does not say that it cannot change"

DISAGREEMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:cloudwatch/eventRule:EventRule": {"eventBusName": _NO_UPDATE},
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass": _NO_UPDATE},
    "aws:kms/key:Key": dict.fromkeys(
        ("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"), _NO_UPDATE
    ),
    "aws:s3/bucket:Bucket": {
        "bucketNamePrefix": _NO_PROPERTY,
        "bucketNamespace": "AWS cannot change it; the local provider refuses it",
        "objectLockEnabled": _NO_UPDATE,
    },
    "aws:sagemaker/endpoint:Endpoint": {
        "deploymentConfig.autoRollbackConfiguration": "the official plugin replaces a live endpoint when one rollback "
        "alarm is renamed, although UpdateEndpoint can change it: why Rollout owns it",
    },
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": dict.fromkeys(
        ("enableNetworkIsolation", "explainerConfig", "metricsConfig", "vpcConfig"), _NO_PROPERTY
    ),
    "aws:ssm/parameter:Parameter": {"dataType": _NO_UPDATE},
}


def disagreements(row: Row, region: str) -> set[str]:
    """The property paths that only one of the two replaces; none where AWS publishes no schema of the type itself."""
    if not row.schema or "#" in row.schema:
        return set()
    judge = Judge(row, frozenset(), region)
    paths = [path.split("/")[2:] for path in resource_schema(row.schema, region).get("createOnlyProperties", [])]
    create_only = {".".join([judge.pulumi_name(first), *rest]) for first, *rest in paths}
    return create_only ^ row.replace
