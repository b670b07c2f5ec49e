"""Permissions: whether whoever deploys may make what is planned, by IAM's own simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned

# Planned type → the actions without which it is neither made nor taken down.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:apigateway/account:Account": ("apigateway:PATCH",),
    "aws:appautoscaling/policy:Policy": (
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:DeleteScalingPolicy",
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:DeleteScheduledAction",
    ),
    "aws:appautoscaling/target:Target": (
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeregisterScalableTarget",
    ),
    "aws:budgets/budget:Budget": ("budgets:ModifyBudget",),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms"),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"),
    "aws:cloudwatch/eventRule:EventRule": ("events:PutRule", "events:DeleteRule"),
    "aws:cloudwatch/eventTarget:EventTarget": ("events:PutTargets", "events:RemoveTargets"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs:CreateLogGroup", "logs:DeleteLogGroup"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    "aws:codebuild/project:Project": ("codebuild:CreateProject", "codebuild:DeleteProject"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    ),
    "aws:ec2/eip:Eip": ("ec2:AllocateAddress", "ec2:ReleaseAddress"),
    "aws:ec2/flowLog:FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"),
    "aws:ec2/internetGateway:InternetGateway": ("ec2:CreateInternetGateway", "ec2:DeleteInternetGateway"),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2:CreateLaunchTemplate", "ec2:DeleteLaunchTemplate"),
    "aws:ec2/natGateway:NatGateway": ("ec2:CreateNatGateway", "ec2:DeleteNatGateway"),
    "aws:ec2/route:Route": ("ec2:CreateRoute", "ec2:DeleteRoute"),
    "aws:ec2/routeTable:RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"),
    "aws:ec2/subnet:Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet"),
    "aws:ec2/vpc:Vpc": ("ec2:CreateVpc", "ec2:DeleteVpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ("ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy"),
    "aws:ecr/repository:Repository": ("ecr:CreateRepository", "ecr:DeleteRepository"),
    "aws:eks/accessEntry:AccessEntry": ("eks:CreateAccessEntry", "eks:DeleteAccessEntry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "eks:AssociateAccessPolicy",
        "eks:DisassociateAccessPolicy",
    ),
    "aws:eks/addon:Addon": ("eks:CreateAddon", "eks:DeleteAddon"),
    "aws:eks/cluster:Cluster": ("eks:CreateCluster", "eks:DeleteCluster", "kms:CreateGrant"),
    "aws:eks/nodeGroup:NodeGroup": ("eks:CreateNodegroup", "eks:DeleteNodegroup"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        "eks:CreatePodIdentityAssociation",
        "eks:DeletePodIdentityAssociation",
    ),
    "aws:glue/catalogDatabase:CatalogDatabase": ("glue:CreateDatabase", "glue:DeleteDatabase"),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:DeleteRole", "iam:PassRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
    "aws:kms/alias:Alias": ("kms:CreateAlias", "kms:DeleteAlias"),
    "aws:kms/key:Key": ("kms:CreateKey", "kms:ScheduleKeyDeletion"),
    "aws:lakeformation/permissions:Permissions": (
        "lakeformation:GrantPermissions",
        "lakeformation:RevokePermissions",
    ),
    "aws:lakeformation/resource:Resource": ("lakeformation:RegisterResource", "lakeformation:DeregisterResource"),
    "aws:lambda/function:Function": ("lambda:CreateFunction", "lambda:DeleteFunction"),
    "aws:lambda/permission:Permission": ("lambda:AddPermission", "lambda:RemovePermission"),
    "aws:s3/bucket:Bucket": ("s3:CreateBucket", "s3:DeleteBucket"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "aws:s3/bucketLogging:BucketLogging": ("s3:PutBucketLogging",),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration",),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3:PutEncryptionConfiguration",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3:PutBucketVersioning",),
    "aws:sagemaker/endpoint:Endpoint": ("sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint"),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (
        "sagemaker:CreateEndpointConfig",
        "sagemaker:DeleteEndpointConfig",
    ),
    "aws:sagemaker/model:Model": ("sagemaker:CreateModel", "sagemaker:DeleteModel"),
    "aws:sagemaker/modelCard:ModelCard": ("sagemaker:CreateModelCard", "sagemaker:DeleteModelCard"),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        "sagemaker:CreateModelPackageGroup",
        "sagemaker:DeleteModelPackageGroup",
    ),
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": (
        "sagemaker:PutModelPackageGroupPolicy",
        "sagemaker:DeleteModelPackageGroupPolicy",
    ),
    "aws:emrserverless/application:Application": (
        "emr-serverless:CreateApplication",
        "emr-serverless:DeleteApplication",
    ),
    "aws:sagemaker/pipeline:Pipeline": ("sagemaker:CreatePipeline", "sagemaker:DeletePipeline"),
    "aws:scheduler/schedule:Schedule": ("scheduler:CreateSchedule", "scheduler:DeleteSchedule"),
    "aws:sfn/stateMachine:StateMachine": ("states:CreateStateMachine", "states:DeleteStateMachine"),
    "aws:sns/topic:Topic": ("sns:CreateTopic", "sns:DeleteTopic"),
    "aws:sns/topicPolicy:TopicPolicy": ("sns:SetTopicAttributes",),
    "aws:sns/topicSubscription:TopicSubscription": ("sns:Subscribe", "sns:Unsubscribe"),
    "aws:ssm/parameter:Parameter": ("ssm:PutParameter", "ssm:DeleteParameter"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupIngress",
    ),
}  # fmt: skip


def actions(planned: Sequence[Planned]) -> list[str]:
    """Every action that deploying the plan and taking it down needs, of the types this table knows."""
    return sorted({action for resource in planned for action in ACTIONS.get(resource.type, ())})


def unlisted(planned: Sequence[Planned]) -> list[str]:
    """Planned types of AWS's that this table does not know."""
    return sorted({p.type for p in planned if p.type.startswith("aws:") and p.type not in ACTIONS})


def principal(caller: str) -> str:
    """The ARN that IAM simulates for a caller: an assumed role's session stands for its role.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    prefix, assumed, rest = caller.partition(":assumed-role/")
    return f"{prefix.replace(':sts:', ':iam:')}:role/{rest.split('/')[0]}" if assumed else caller


def judge(wanted: Sequence[str], denied: Sequence[str] | Unknown, not_listed: Sequence[str]) -> list[Finding]:
    """No needed action is denied. Conditions, and policies of resources and of the organisation, are not simulated."""
    found = [
        Finding(check="permission", subject=type_, status="unknown", detail="its actions are not in permissions.py",
                fix="add them to takeoff/preflight/permissions.py")
        for type_ in not_listed
    ]  # fmt: skip
    if isinstance(denied, Unknown):
        return [*found, unknown("permission", f"{len(wanted)} actions", denied)]
    found += [
        Finding(check="permission", subject=action, status="fail", detail="denied to whoever runs this",
                fix="use the deployer role of bootstrap/, or allow it")
        for action in denied
    ]  # fmt: skip
    if wanted and not denied:
        found.append(
            Finding(check="permission", subject=f"{len(wanted)} actions", status="ok", detail="allowed, if no condition"
                    " and no policy of the organisation says otherwise")
        )  # fmt: skip
    return found
