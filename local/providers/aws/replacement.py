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
_IN_PLACE = "the official plugin changes it in place by an operation that CloudFormation does not use"
_NO_UPDATE = "the official plugin replaces; CloudFormation's schema does not say that it cannot change"

_OTHER_NAME = "the official plugin and CloudFormation call it by other names"
_RULE = ("cidrIpv4", "cidrIpv6", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId", "toPort")

DISAGREEMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:appautoscaling/policy:Policy": {"scalingTargetId": _NO_PROPERTY},
    "aws:budgets/budget:Budget": {
        **dict.fromkeys(("accountId", "namePrefix"), _NO_UPDATE),
        "name": _OTHER_NAME,
        "notificationsWithSubscribers": _IN_PLACE,
    },
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {"actionsEnabled": _NO_UPDATE},
    "aws:cloudwatch/eventRule:EventRule": {"eventBusName": _NO_UPDATE},
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass": _NO_UPDATE},
    "aws:ec2/eip:Eip": {
        "domain": _NO_UPDATE,
        "publicIpv4Pool": _NO_UPDATE,
        "transferAddress": _NO_PROPERTY,
    },
    "aws:ec2/flowLog:FlowLog": {
        **dict.fromkeys(("logGroupName", "resourceType", "tagFieldSpecifications"), _NO_PROPERTY),
        **dict.fromkeys(
            ("eniId", "regionalNatGatewayId", "subnetId", "transitGatewayAttachmentId", "transitGatewayId"), _OTHER_NAME
        ),
    },
    "aws:ec2/natGateway:NatGateway": {
        **dict.fromkeys(("availabilityMode", "vpcId"), _NO_PROPERTY),
        **dict.fromkeys(("privateIp", "privateIpAddress"), _OTHER_NAME),
        "secondaryPrivateIpAddressCount": _NO_UPDATE,
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {"gatewayId": _NO_UPDATE, "routeTableId": _IN_PLACE},
    "aws:ec2/vpc:Vpc": {"vpcEncryptionControl": _NO_PROPERTY},
    "aws:ec2/vpcEndpoint:VpcEndpoint": dict.fromkeys(
        ("dnsOptions.PrivateDnsPreference", "dnsOptions.PrivateDnsSpecifiedDomains"),
        "AWS cannot change it; the local provider refuses it",
    ),
    "aws:eks/cluster:Cluster": {
        **dict.fromkeys(
            (
                "accessConfig.BootstrapClusterCreatorAdminPermissions",
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "kubernetesNetworkConfig.IpFamily",
                "kubernetesNetworkConfig.ServiceIpv4Cidr",
                "kubernetesNetworkConfig.ipFamily",
                "kubernetesNetworkConfig.serviceIpv4Cidr",
            ),
            _OTHER_NAME,
        ),
        "encryptionConfig": _IN_PLACE,
        "outpostConfig": "AWS cannot change it; the local provider refuses it",
    },
    "aws:eks/nodeGroup:NodeGroup": dict.fromkeys(("launchTemplate.id", "launchTemplate.name"), _NO_UPDATE),
    "aws:kms/key:Key": dict.fromkeys(
        ("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"), _NO_UPDATE
    ),
    "aws:s3/bucket:Bucket": {
        "bucketNamePrefix": _NO_PROPERTY,
        "bucketNamespace": "AWS cannot change it; the local provider refuses it",
        "objectLockEnabled": _NO_UPDATE,
    },
    "aws:emrserverless/application:Application": dict.fromkeys(
        ("networkConfiguration.securityGroupIds", "networkConfiguration.subnetIds"), _IN_PLACE
    ),
    "aws:sagemaker/endpoint:Endpoint": {
        "deploymentConfig.autoRollbackConfiguration": "the official plugin replaces a live endpoint when one rollback "
        "alarm is renamed, although UpdateEndpoint can change it: why Rollout owns it",
    },
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": dict.fromkeys(
        ("enableNetworkIsolation", "explainerConfig", "metricsConfig", "vpcConfig"), _NO_PROPERTY
    ),
    "aws:sagemaker/modelCard:ModelCard": {
        "securityConfig": "AWS cannot change it; the official plugin says that it did, and leaves the card as it was"
    },
    "aws:scheduler/schedule:Schedule": {"groupName": _NO_UPDATE},
    "aws:sns/topicPolicy:TopicPolicy": {"arn": _NO_UPDATE},
    "aws:ssm/parameter:Parameter": {"dataType": _NO_UPDATE},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": dict.fromkeys(_RULE, _IN_PLACE),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
        **dict.fromkeys(_RULE, _IN_PLACE),
        **dict.fromkeys(("groupName", "sourceSecurityGroupName", "sourceSecurityGroupOwnerId"), _NO_PROPERTY),
    },
}


def disagreements(row: Row, region: str) -> set[str]:
    """The property paths that only one of the two replaces; none where AWS publishes no schema of the type itself."""
    if not row.schema or "#" in row.schema:
        return set()
    judge = Judge(row, frozenset(), region)
    paths = [path.split("/")[2:] for path in resource_schema(row.schema, region).get("createOnlyProperties", [])]
    create_only = {".".join([judge.pulumi_name(first), *rest]) for first, *rest in paths}
    inside = {path for path in create_only if any(path.startswith(f"{entry}.") for entry in row.replace)}
    return (create_only - inside) ^ row.replace
