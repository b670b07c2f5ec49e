"""Parts of something else, of which a second creation is the first: what a kill left of one is in nobody's way."""

PARTS = frozenset(
    f"aws:{kind}"
    for kind in (
        "appautoscaling/policy:Policy",
        "appautoscaling/scheduledAction:ScheduledAction",
        "appautoscaling/target:Target",
        "cloudwatch/eventTarget:EventTarget",
        "ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "ec2/routeTableAssociation:RouteTableAssociation",
        "ecr/lifecyclePolicy:LifecyclePolicy",
        "eks/accessPolicyAssociation:AccessPolicyAssociation",
        "iam/rolePolicy:RolePolicy",
        "iam/rolePolicyAttachment:RolePolicyAttachment",
        "lakeformation/permissions:Permissions",
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3/bucketLogging:BucketLogging",
        "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "s3/bucketPolicy:BucketPolicy",
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucketVersioning:BucketVersioning",
        "sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        "sns/topicPolicy:TopicPolicy",
        "sns/topicSubscription:TopicSubscription",
    )
)
