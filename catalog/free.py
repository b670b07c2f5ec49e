"""Resource types that cost nothing by themselves, each with the reason: what they cause is counted elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

_PART, _RULE = "part of the resource that it configures", "AWS does not charge for the rule, only for what it starts"
_IAM, _NET = "IAM has no charge", "part of the network, which has no charge of its own"
FREE: Mapping[str, str] = {
    "aws:appautoscaling/policy:Policy": "scaling has no charge; the two alarms that it makes itself are not counted",
    "aws:appautoscaling/scheduledAction:ScheduledAction": "scaling has no charge; instances are counted at the minimum",
    "aws:appautoscaling/target:Target": "scaling has no charge; instances are counted at the minimum",
    # https://aws.amazon.com/aws-cost-management/aws-budgets/pricing/: actions and reports cost, none of which is
    # declared; the Price List says of usage type BudgetsUsage: "$0.00 for Budget-days"
    "aws:budgets/budget:Budget": "budgets without actions have no charge",
    "aws:cloudwatch/eventRule:EventRule": _RULE,
    "aws:cloudwatch/eventTarget:EventTarget": _RULE,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _NET,
    "aws:ec2/internetGateway:InternetGateway": _NET,
    "aws:ec2/route:Route": _NET,
    "aws:ec2/routeTable:RouteTable": _NET,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _NET,
    "aws:ec2/securityGroup:SecurityGroup": _NET,
    "aws:ec2/subnet:Subnet": _NET,
    "aws:ec2/vpc:Vpc": _NET,
    "aws:ec2/launchTemplate:LaunchTemplate": "costs through the nodes that are started from it",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _PART,
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _PART,
    "aws:eks/accessEntry:AccessEntry": _PART,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _PART,
    # https://aws.amazon.com/eks/pricing/: but for those of the Marketplace
    "aws:eks/addon:Addon": "add-ons of AWS have no charge; their pods run on nodes that are counted",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _PART,
    # https://aws.amazon.com/emr/pricing/: workers cost while they run, and are counted with the models' monitors
    "aws:emrserverless/application:Application": "an application costs nothing, only its runs",
    # https://aws.amazon.com/glue/pricing/: the first million objects of a catalog are free
    "aws:glue/catalogDatabase:CatalogDatabase": "the catalog's first million objects have no charge",
    "aws:iam/role:Role": _IAM,
    "aws:iam/rolePolicy:RolePolicy": _IAM,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _IAM,
    "aws:kms/alias:Alias": _PART,
    "aws:lakeformation/permissions:Permissions": "permissions have no charge",
    "aws:lakeformation/resource:Resource": "permissions have no charge",
    "aws:lambda/permission:Permission": _PART,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _PART,
    # https://aws.amazon.com/s3/pricing/: what the logs take is stored, and counted, in the bucket that takes them
    "aws:s3/bucketLogging:BucketLogging": _PART,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _PART,
    "aws:s3/bucketPolicy:BucketPolicy": _PART,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _PART,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _PART,
    "aws:s3/bucketVersioning:BucketVersioning": _PART,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "costs through the endpoint that uses it",
    "aws:sagemaker/model:Model": "costs through the endpoint or job that uses it",
    "aws:sagemaker/modelCard:ModelCard": "the registry has no charge of its own",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "the registry has no charge of its own",
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": _PART,
    # https://aws.amazon.com/sagemaker/ai/pricing/: pipelines cost by their jobs, which the parameter `training` tells
    "aws:sagemaker/pipeline:Pipeline": "costs through its jobs, which are counted with the model's training",
    "aws:sns/topicPolicy:TopicPolicy": _PART,
    "aws:sns/topicSubscription:TopicSubscription": _PART,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _NET,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _NET,
}
