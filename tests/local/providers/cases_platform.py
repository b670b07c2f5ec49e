"""Lives of alarms and topics, scaling, images and builds, the lake, the registry, and what an account is given once."""

from __future__ import annotations

import json
from typing import Any

from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import Case, document, entry, policy

TAGGED = {"tags": {"team": "a"}}
THEIRS = [{"Key": "team", "Value": "theirs"}]
SNS = "arn:aws:sns:us-east-1:123456789012:"


def a_bucket_that_locks(cloud: Cloud) -> dict[str, Any]:
    name = f"bucket-{next(cloud.names)}"
    cloud.client("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return {"bucket": name}


def a_registered_bucket(cloud: Cloud) -> dict[str, Any]:
    role = cloud.role(trusted="lakeformation.amazonaws.com")
    return {"role": role, "arn": f"arn:aws:s3:::lake-{next(cloud.names)}"}


def a_database(cloud: Cloud) -> dict[str, Any]:
    name = f"lake_{next(cloud.names)}"
    cloud.client("glue").create_database(DatabaseInput={"Name": name})
    return {"database": {"name": name}, "role": cloud.role()}


def a_topic(cloud: Cloud) -> dict[str, Any]:
    return {"topic": cloud.client("sns").create_topic(Name=f"topic-{next(cloud.names)}")["TopicArn"]}


def a_repository(cloud: Cloud) -> dict[str, Any]:
    name = f"repository-{next(cloud.names)}"
    cloud.client("ecr").create_repository(repositoryName=name)
    return {"repository": name}


def a_group(cloud: Cloud) -> dict[str, Any]:
    name = f"group-{next(cloud.names)}"
    cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    return {"group": name}


def a_policy(cloud: Cloud) -> dict[str, Any]:
    iam, name = cloud.client("iam"), f"policy-{next(cloud.names)}"
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy("s3:GetObject"))["Policy"]["Arn"]
    return {"policy": arn, "role": cloud.role().rpartition("/")[2]}


def a_variant(cloud: Cloud) -> dict[str, Any]:
    return {"resource": f"endpoint/endpoint-{next(cloud.names)}/variant/main"}


def a_target(cloud: Cloud) -> dict[str, Any]:
    made = a_variant(cloud)
    cloud.client("application-autoscaling").register_scalable_target(
        **_scaled(made["resource"]), MinCapacity=1, MaxCapacity=2
    )
    return made


def an_issuer(cloud: Cloud) -> dict[str, Any]:
    return {"url": f"https://issuer-{next(cloud.names)}.example.com"}


def _scaled(resource: str) -> dict[str, str]:
    dimension = "sagemaker:variant:DesiredInstanceCount"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension}


def _named(state: Properties) -> dict[str, str]:
    return _scaled(state["resourceId"])


SCALED = {
    "serviceNamespace": "sagemaker",
    "resourceId": "{resource}",
    "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def _target(client: Any, state: Properties) -> Any:
    found = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[state["resourceId"]])
    return entry(found["ScalableTargets"])


def _scaling_policy(client: Any, state: Properties) -> Any:
    found = client.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=state["resourceId"])
    return next(each for each in found["ScalingPolicies"] if each["PolicyName"] == state["name"])


def _scheduled(client: Any, state: Properties) -> Any:
    found = client.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=state["resourceId"])
    return next(each for each in found["ScheduledActions"] if each["ScheduledActionName"] == state["name"])


def _steps(adjustment: int) -> Properties:
    step = {"metricIntervalLowerBound": "0", "scalingAdjustment": adjustment}
    return {"adjustmentType": "ChangeInCapacity", "cooldown": 60, "stepAdjustments": [step]}


def _alarm(cloudwatch: Any, state: Properties) -> Any:
    return entry(cloudwatch.describe_alarms(AlarmNames=[state["name"]])["MetricAlarms"])


def _composite(cloudwatch: Any, state: Properties) -> Any:
    found = cloudwatch.describe_alarms(AlarmNames=[state["alarmName"]], AlarmTypes=["CompositeAlarm"])
    return entry(found["CompositeAlarms"])


def _dashboard(text: str) -> str:
    return json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "properties": {"markdown": text}}]})


def _topic(sns: Any, state: Properties) -> Any:
    return sns.get_topic_attributes(TopicArn=state["arn"])["Attributes"]


def _set_topic(name: str, value: str) -> Any:
    return lambda sns, s: sns.set_topic_attributes(TopicArn=s["arn"], AttributeName=name, AttributeValue=value)


def _repository(ecr: Any, state: Properties) -> Any:
    return entry(ecr.describe_repositories(repositoryNames=[state["name"]])["repositories"])


def _expiry(count: int) -> str:
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": count}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def _project(codebuild: Any, state: Properties) -> Any:
    return entry(codebuild.batch_get_projects(names=[state["name"]])["projects"])


def _environment(codebuild: Any, state: Properties) -> Any:
    found = _project(codebuild, state)["environment"]
    variables = [{"name": each["name"], "value": each["value"]} for each in found["environmentVariables"]]
    return _builder(*variables)


def _builder(*variables: Properties) -> Properties:
    return {
        "type": "LINUX_CONTAINER",
        "computeType": "BUILD_GENERAL1_SMALL",
        "image": "aws/codebuild/standard:7.0",
        "privilegedMode": True,
        "environmentVariables": list(variables),
    }


def _rewrite(codebuild: Any, state: Properties) -> None:
    codebuild.update_project(name=state["name"], description="theirs")


def _card(purpose: str) -> str:
    return json.dumps({"intended_uses": {"purpose_of_model": purpose, "risk_rating": "Low"}})


def _permissions(client: Any, state: Properties) -> Any:
    principal = {"DataLakePrincipalIdentifier": state["principal"]}
    resource = {"Database": {"Name": state["database"]["name"]}}
    return entry(client.list_permissions(Principal=principal, Resource=resource)["PrincipalResourcePermissions"])


def _revoke(client: Any, state: Properties) -> None:
    found = _permissions(client, state)
    client.revoke_permissions(
        Principal=found["Principal"], Resource=found["Resource"], Permissions=state["permissions"]
    )


def _more(client: Any, state: Properties) -> None:
    found = _permissions(client, state)
    client.grant_permissions(Principal=found["Principal"], Resource=found["Resource"], Permissions=["CREATE_TABLE"])


def _document(iam: Any, state: Properties) -> Any:
    version = iam.get_policy(PolicyArn=state["id"])["Policy"]["DefaultVersionId"]
    return json.dumps(iam.get_policy_version(PolicyArn=state["id"], VersionId=version)["PolicyVersion"]["Document"])


def _schedule_target(number: int) -> Properties:
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{number}"
    return {"arn": arn, "roleArn": "arn:aws:iam::123456789012:role/scheduler", "input": '{"at": "now"}'}


def _reschedule(client: Any, state: Properties) -> None:
    found = client.get_schedule(Name=state["name"])
    kept = {name: found[name] for name in ("Name", "FlexibleTimeWindow", "Target")}
    client.update_schedule(**kept, ScheduleExpression="rate(1 hour)")


_SPARK = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/spark@sha256:{'a' * 64}"


def _spark(client: Any, state: Properties) -> dict[str, Any]:
    application: dict[str, Any] = client.get_application(applicationId=state["id"])["application"]
    return application


CASES: dict[str, Case] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Case(
        service="cloudwatch",
        inputs={
            "alarmDescription": "first",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 5,
            "datapointsToAlarm": 3,
            "threshold": 1.5,
            "treatMissingData": "notBreaching",
            "alarmActions": [f"{SNS}critical"],
            "metricQueries": [
                {"id": "rate", "expression": "errors / calls", "label": "errors", "returnData": True},
                *(
                    {
                        "id": name,
                        "returnData": False,
                        "metric": {
                            "metricName": metric,
                            "namespace": "AWS/SageMaker",
                            "period": 60,
                            "stat": "Sum",
                            "dimensions": {"EndpointName": "one", "VariantName": "main"},
                        },
                    }
                    for name, metric in (("errors", "Invocation5XXErrors"), ("calls", "Invocations"))
                ),
            ],
            **TAGGED,
        },
        changed={
            "alarmDescription": "second",
            "metricQueries": None,
            "metricName": "ModelLatency",
            "namespace": "AWS/SageMaker",
            "extendedStatistic": "p99",
            "period": 60,
            "dimensions": {"EndpointName": "one"},
            "okActions": [f"{SNS}warning"],
        },
        removed="alarmActions",
        replaced={"name": "another"},
        seen={
            "alarmDescription": lambda client, s: _alarm(client, s)["AlarmDescription"],
            "threshold": lambda client, s: _alarm(client, s)["Threshold"],
            "treatMissingData": lambda client, s: _alarm(client, s)["TreatMissingData"],
            "alarmActions": lambda client, s: _alarm(client, s)["AlarmActions"],
            "okActions": lambda client, s: _alarm(client, s)["OKActions"],
            "extendedStatistic": lambda client, s: _alarm(client, s)["ExtendedStatistic"],
            "dimensions": lambda client, s: {each["Name"]: each["Value"] for each in _alarm(client, s)["Dimensions"]},
        },
        elsewhere=lambda client, s: client.put_metric_alarm(
            AlarmName=s["id"],
            Namespace="AWS/SageMaker",
            MetricName="ModelLatency",
            ExtendedStatistic="p99",
            Period=60,
            EvaluationPeriods=5,
            Threshold=9,
            ComparisonOperator="GreaterThanThreshold",
        ),
        drifts="threshold",
        deleted=lambda client, s: client.delete_alarms(AlarmNames=[s["id"]]),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Case(
        service="cloudwatch",
        needs=lambda cloud: {"name": f"composite-{next(cloud.names)}"},
        inputs={"alarmName": "{name}", "alarmRule": 'ALARM("one") OR ALARM("two")', **TAGGED},
        changed={"alarmRule": 'ALARM("one")', "alarmDescription": "second"},
        replaced={"alarmName": "another"},
        seen={
            "alarmRule": lambda client, s: _composite(client, s)["AlarmRule"],
            "alarmDescription": lambda client, s: _composite(client, s)["AlarmDescription"],
        },
        elsewhere=lambda client, s: client.put_composite_alarm(AlarmName=s["id"], AlarmRule='ALARM("three")'),
        drifts="alarmRule",
        deleted=lambda client, s: client.delete_alarms(AlarmNames=[s["id"]]),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Case(
        service="cloudwatch",
        needs=lambda cloud: {"name": f"dashboard-{next(cloud.names)}"},
        inputs={"dashboardName": "{name}", "dashboardBody": _dashboard("first")},
        changed={"dashboardBody": _dashboard("second")},
        replaced={"dashboardName": "another"},
        seen={"dashboardBody": lambda client, s: client.get_dashboard(DashboardName=s["id"])["DashboardBody"]},
        elsewhere=lambda client, s: client.put_dashboard(DashboardName=s["id"], DashboardBody=_dashboard("theirs")),
        drifts="dashboardBody",
        deleted=lambda client, s: client.delete_dashboards(DashboardNames=[s["id"]]),
    ),
    "aws:sns/topic:Topic": Case(
        service="sns",
        inputs={"kmsMasterKeyId": "alias/one", "displayName": "first", **TAGGED},
        changed={"kmsMasterKeyId": "alias/two", "displayName": "second"},
        removed="kmsMasterKeyId",
        replaced={"name": "another"},
        seen={
            "kmsMasterKeyId": lambda sns, s: _topic(sns, s).get("KmsMasterKeyId"),
            "displayName": lambda sns, s: _topic(sns, s)["DisplayName"],
        },
        elsewhere=_set_topic("DisplayName", "theirs"),
        drifts="displayName",
        deleted=lambda sns, s: sns.delete_topic(TopicArn=s["id"]),
    ),
    "aws:sns/topicPolicy:TopicPolicy": Case(
        service="sns",
        needs=a_topic,
        inputs={"arn": "{topic}", "policy": document("sns:Publish")},
        changed={"policy": document("sns:Subscribe")},
        replaced={"arn": f"{SNS}another"},
        seen={"policy": lambda sns, s: _topic(sns, s)["Policy"]},
        elsewhere=_set_topic("Policy", document("sns:*")),
        drifts="policy",
        deleted=lambda sns, s: sns.delete_topic(TopicArn=s["arn"]),
        stays=True,
    ),
    "aws:sns/topicSubscription:TopicSubscription": Case(
        service="sns",
        needs=a_topic,
        inputs={"topic": "{topic}", "protocol": "email", "endpoint": "ml-platform@example.com"},
        replaced={"endpoint": "others@example.com"},
        seen={
            "endpoint": lambda sns, s: sns.get_subscription_attributes(SubscriptionArn=s["id"])["Attributes"][
                "Endpoint"
            ]
        },
        elsewhere=None,
        drifts="",
        deleted=lambda sns, s: sns.unsubscribe(SubscriptionArn=s["id"]),
    ),
    "aws:appautoscaling/target:Target": Case(
        service="application-autoscaling",
        needs=a_variant,
        inputs={**SCALED, "minCapacity": 1, "maxCapacity": 4, **TAGGED},
        changed={"minCapacity": 2, "maxCapacity": 6},
        replaced={"resourceId": "endpoint/another/variant/main"},
        seen={
            "minCapacity": lambda client, s: _target(client, s)["MinCapacity"],
            "maxCapacity": lambda client, s: _target(client, s)["MaxCapacity"],
        },
        elsewhere=lambda client, s: client.register_scalable_target(**_named(s), MaxCapacity=9),
        drifts="maxCapacity",
        deleted=lambda client, s: client.deregister_scalable_target(**_named(s)),
    ),
    "aws:appautoscaling/policy:Policy": Case(
        service="application-autoscaling",
        needs=a_target,
        inputs={
            **SCALED,
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "customizedMetricSpecification": {
                    "metricName": "ApproximateBacklogSizePerInstance",
                    "namespace": "AWS/SageMaker",
                    "statistic": "Average",
                    "dimensions": [{"name": "EndpointName", "value": "one"}],
                },
                "targetValue": 5,
                "scaleInCooldown": 300,
            },
        },
        changed={
            "policyType": "StepScaling",
            "targetTrackingScalingPolicyConfiguration": None,
            "stepScalingPolicyConfiguration": _steps(1),
        },
        replaced={"name": "another"},
        seen={"policyType": lambda client, s: _scaling_policy(client, s)["PolicyType"]},
        elsewhere=lambda client, s: client.put_scaling_policy(
            **_named(s),
            PolicyName=s["name"],
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 9}],
            },
        ),
        drifts="stepScalingPolicyConfiguration",
        deleted=lambda client, s: client.delete_scaling_policy(**_named(s), PolicyName=s["name"]),
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": Case(
        service="application-autoscaling",
        needs=a_target,
        inputs={
            **SCALED,
            "schedule": "cron(0 8 * * ? *)",
            "timezone": "UTC",
            "scalableTargetAction": {"minCapacity": 2, "maxCapacity": 4},
        },
        changed={"schedule": "cron(0 9 * * ? *)", "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 1}},
        replaced={"name": "another"},
        seen={
            "schedule": lambda client, s: _scheduled(client, s)["Schedule"],
            "scalableTargetAction": lambda client, s: {
                name[0].lower() + name[1:]: value
                for name, value in _scheduled(client, s)["ScalableTargetAction"].items()
            },
        },
        elsewhere=lambda client, s: client.put_scheduled_action(
            **_named(s),
            ScheduledActionName=s["name"],
            Schedule="cron(0 1 * * ? *)",
            ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 1},
        ),
        drifts="schedule",
        deleted=lambda client, s: client.delete_scheduled_action(**_named(s), ScheduledActionName=s["name"]),
    ),
    "aws:ecr/repository:Repository": Case(
        service="ecr",
        inputs={
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [
                {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:123456789012:key/one"}
            ],
            **TAGGED,
        },
        changed={"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False}},
        replaced={"encryptionConfigurations": [{"encryptionType": "AES256"}]},
        unsent={"forceDelete": True},
        seen={
            "imageTagMutability": lambda ecr, s: _repository(ecr, s)["imageTagMutability"],
            "imageScanningConfiguration": lambda ecr, s: _repository(ecr, s)["imageScanningConfiguration"],
            "encryptionConfigurations": lambda ecr, s: [_repository(ecr, s)["encryptionConfiguration"]],
        },
        elsewhere=lambda ecr, s: ecr.put_image_tag_mutability(repositoryName=s["name"], imageTagMutability="IMMUTABLE"),
        drifts="imageTagMutability",
        deleted=lambda ecr, s: ecr.delete_repository(repositoryName=s["name"]),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Case(
        service="ecr",
        needs=a_repository,
        inputs={"repository": "{repository}", "policy": _expiry(5)},
        replaced={"policy": _expiry(9)},
        seen={"policy": lambda ecr, s: ecr.get_lifecycle_policy(repositoryName=s["id"])["lifecyclePolicyText"]},
        elsewhere=lambda ecr, s: ecr.put_lifecycle_policy(repositoryName=s["id"], lifecyclePolicyText=_expiry(7)),
        drifts="policy",
        deleted=lambda ecr, s: ecr.delete_lifecycle_policy(repositoryName=s["id"]),
    ),
    "aws:codebuild/project:Project": Case(
        service="codebuild",
        needs=lambda cloud: {"role": cloud.role(trusted="codebuild.amazonaws.com")},
        inputs={
            "description": "first",
            "serviceRole": "{role}",
            "source": {"type": "S3", "location": "models/source.zip", "buildspec": "version: 0.2\n"},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": _builder({"name": "A", "value": "1"}),
            "logsConfig": {"cloudwatchLogs": {"status": "ENABLED", "groupName": "builds"}},
            "buildTimeout": 30,
            "concurrentBuildLimit": 1,
            "encryptionKey": "arn:aws:kms:us-east-1:123456789012:key/one",
            "vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]},
            **TAGGED,
        },
        changed={
            "description": "second",
            "environment": _builder({"name": "A", "value": "2"}, {"name": "B", "value": "3"}),
            "buildTimeout": 60,
        },
        replaced={"name": "another"},
        seen={
            "description": lambda client, s: _project(client, s)["description"],
            "environment": _environment,
            "buildTimeout": lambda client, s: _project(client, s)["timeoutInMinutes"],
            "concurrentBuildLimit": lambda client, s: _project(client, s)["concurrentBuildLimit"],
            "encryptionKey": lambda client, s: _project(client, s)["encryptionKey"],
            "vpcConfig": lambda client, s: _project(client, s)["vpcConfig"],
        },
        elsewhere=_rewrite,
        drifts="description",
        deleted=lambda client, s: client.delete_project(name=s["name"]),
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Case(
        service="s3",
        needs=a_bucket_that_locks,
        inputs={"bucket": "{bucket}", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
        changed={"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 90}}},
        replaced={"bucket": "another-bucket"},
        seen={
            "rule": lambda s3, s: {
                "defaultRetention": {
                    name.lower(): value
                    for name, value in s3.get_object_lock_configuration(Bucket=s["bucket"])["ObjectLockConfiguration"][
                        "Rule"
                    ]["DefaultRetention"].items()
                }
            }
        },
        elsewhere=lambda s3, s: s3.put_object_lock_configuration(
            Bucket=s["bucket"],
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
            },
        ),
        drifts="rule",
        deleted=lambda s3, s: s3.delete_bucket(Bucket=s["bucket"]),
        stays=True,
    ),
    "aws:glue/catalogDatabase:CatalogDatabase": Case(
        service="glue",
        inputs={"description": "first", **TAGGED},
        changed={"description": "second"},
        removed="description",
        replaced={"name": "another"},
        seen={"description": lambda glue, s: glue.get_database(Name=s["name"])["Database"].get("Description")},
        elsewhere=lambda glue, s: glue.update_database(
            Name=s["name"], DatabaseInput={"Name": s["name"], "Description": "theirs"}
        ),
        drifts="description",
        deleted=lambda glue, s: glue.delete_database(Name=s["name"]),
    ),
    "aws:lakeformation/resource:Resource": Case(
        service="lakeformation",
        needs=a_registered_bucket,
        inputs={"arn": "{arn}", "roleArn": "{role}"},
        replaced={"roleArn": "arn:aws:iam::123456789012:role/another"},
        seen={"roleArn": lambda client, s: client.describe_resource(ResourceArn=s["arn"])["ResourceInfo"]["RoleArn"]},
        elsewhere=None,
        drifts="",
        deleted=lambda client, s: client.deregister_resource(ResourceArn=s["arn"]),
    ),
    "aws:lakeformation/permissions:Permissions": Case(
        service="lakeformation",
        needs=a_database,
        inputs={"principal": "{role}", "permissions": ["DESCRIBE"], "database": "{database}"},
        replaced={"permissions": ["ALL"]},
        seen={"permissions": lambda client, s: _permissions(client, s)["Permissions"]},
        elsewhere=_more,
        drifts="permissions",
        deleted=_revoke,
    ),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": Case(
        service="sagemaker",
        needs=lambda cloud: {"name": f"group-{next(cloud.names)}"},
        inputs={"modelPackageGroupName": "{name}", "modelPackageGroupDescription": "first", **TAGGED},
        replaced={"modelPackageGroupDescription": "second"},
        seen={
            "modelPackageGroupDescription": lambda client, s: client.describe_model_package_group(
                ModelPackageGroupName=s["id"]
            )["ModelPackageGroupDescription"]
        },
        elsewhere=lambda client, s: client.add_tags(ResourceArn=s["arn"], Tags=THEIRS),
        drifts="tags",
        deleted=lambda client, s: client.delete_model_package_group(ModelPackageGroupName=s["id"]),
    ),
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": Case(
        service="sagemaker",
        needs=a_group,
        inputs={"modelPackageGroupName": "{group}", "resourcePolicy": document("sagemaker:DescribeModelPackage")},
        changed={"resourcePolicy": document("sagemaker:ListModelPackages")},
        replaced={"modelPackageGroupName": "another"},
        seen={
            "resourcePolicy": lambda client, s: client.get_model_package_group_policy(ModelPackageGroupName=s["id"])[
                "ResourcePolicy"
            ]
        },
        elsewhere=lambda client, s: client.put_model_package_group_policy(
            ModelPackageGroupName=s["id"], ResourcePolicy=document("sagemaker:*")
        ),
        drifts="resourcePolicy",
        deleted=lambda client, s: client.delete_model_package_group_policy(ModelPackageGroupName=s["id"]),
    ),
    "aws:sagemaker/modelCard:ModelCard": Case(
        service="sagemaker",
        needs=lambda cloud: {"name": f"card-{next(cloud.names)}"},
        inputs={
            "modelCardName": "{name}",
            "modelCardStatus": "Draft",
            "content": _card("first"),
            "securityConfig": {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/one"},
            **TAGGED,
        },
        changed={"content": _card("second"), "modelCardStatus": "PendingReview"},
        replaced={"modelCardName": "another"},
        seen={
            "content": lambda client, s: client.describe_model_card(ModelCardName=s["id"])["Content"],
            "modelCardStatus": lambda client, s: client.describe_model_card(ModelCardName=s["id"])["ModelCardStatus"],
        },
        elsewhere=lambda client, s: client.update_model_card(ModelCardName=s["id"], Content=_card("theirs")),
        drifts="content",
        deleted=lambda client, s: client.delete_model_card(ModelCardName=s["id"]),
    ),
    "aws:iam/policy:Policy": Case(
        service="iam",
        inputs={"policy": policy("s3:GetObject"), "description": "first", **TAGGED},
        changed={"policy": policy("s3:PutObject")},
        replaced={"description": "second"},
        seen={
            "policy": _document,
            "description": lambda iam, s: iam.get_policy(PolicyArn=s["id"])["Policy"]["Description"],
        },
        elsewhere=lambda iam, s: iam.create_policy_version(
            PolicyArn=s["id"], PolicyDocument=policy("s3:*"), SetAsDefault=True
        ),
        drifts="policy",
        deleted=lambda iam, s: iam.delete_policy(PolicyArn=s["id"]),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Case(
        service="iam",
        needs=a_policy,
        inputs={"role": "{role}", "policyArn": "{policy}"},
        replaced={"policyArn": "arn:aws:iam::123456789012:policy/another"},
        seen={
            "policyArn": lambda iam, s: entry(iam.list_attached_role_policies(RoleName=s["role"])["AttachedPolicies"])[
                "PolicyArn"
            ]
        },
        elsewhere=None,
        drifts="",
        deleted=lambda iam, s: iam.detach_role_policy(RoleName=s["role"], PolicyArn=s["policyArn"]),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Case(
        service="iam",
        needs=an_issuer,
        inputs={"url": "{url}", "clientIdLists": ["one"], "thumbprintLists": ["a" * 40], **TAGGED},
        changed={"clientIdLists": ["two"], "thumbprintLists": ["b" * 40]},
        replaced={"url": "https://another.example.com"},
        seen={
            "clientIdLists": lambda iam, s: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=s["id"])[
                "ClientIDList"
            ],
            "thumbprintLists": lambda iam, s: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=s["id"])[
                "ThumbprintList"
            ],
        },
        elsewhere=lambda iam, s: iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=s["id"], ClientID="theirs"
        ),
        drifts="clientIdLists",
        deleted=lambda iam, s: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=s["id"]),
    ),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": Case(
        service="iam",
        needs=lambda cloud: {"service": f"service{next(cloud.names)}.amazonaws.com"},
        inputs={"awsServiceName": "{service}", "description": "first", **TAGGED},
        changed={"description": "second"},
        replaced={"awsServiceName": "another.amazonaws.com"},
        seen={"description": lambda iam, s: iam.get_role(RoleName=s["name"])["Role"]["Description"]},
        elsewhere=lambda iam, s: iam.update_role(RoleName=s["name"], Description="theirs"),
        drifts="description",
        deleted=lambda iam, s: iam.delete_service_linked_role(RoleName=s["name"]),
    ),
    "aws:emrserverless/application:Application": Case(
        service="emr-serverless",
        inputs={
            "name": "takeoff-test-spark",
            "type": "spark",
            "releaseLabel": "emr-7.11.0",
            "imageConfiguration": {"imageUri": _SPARK},
            "maximumCapacity": {"cpu": "12 vCPU", "memory": "48 GB", "disk": "120 GB"},
            "autoStartConfiguration": {"enabled": True},
            "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 5},
            "monitoringConfiguration": {
                "cloudwatchLoggingConfiguration": {"enabled": True, "logGroupName": "/aws/emr-serverless/test"},
                "managedPersistenceMonitoringConfiguration": {"enabled": False},
            },
        },
        changed={
            "maximumCapacity": {"cpu": "16 vCPU", "memory": "64 GB", "disk": "160 GB"},
            "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 6},
        },
        replaced={"name": "another"},
        seen={
            "maximumCapacity": lambda client, s: _spark(client, s)["maximumCapacity"],
            "autoStopConfiguration": lambda client, s: _spark(client, s)["autoStopConfiguration"],
        },
        elsewhere=lambda client, s: client.update_application(
            applicationId=s["id"], autoStopConfiguration={"enabled": True, "idleTimeoutMinutes": 9}
        ),
        drifts="autoStopConfiguration",
        deleted=lambda client, s: client.delete_application(applicationId=s["id"]),
    ),
    "aws:scheduler/schedule:Schedule": Case(
        service="scheduler",
        inputs={
            "description": "first",
            "scheduleExpression": "cron(0 6 * * ? *)",
            "scheduleExpressionTimezone": "UTC",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": _schedule_target(1),
        },
        changed={"description": "second", "scheduleExpression": "cron(0 7 * * ? *)", "target": _schedule_target(2)},
        replaced={"name": "another"},
        seen={
            "description": lambda client, s: client.get_schedule(Name=s["name"])["Description"],
            "scheduleExpression": lambda client, s: client.get_schedule(Name=s["name"])["ScheduleExpression"],
        },
        elsewhere=_reschedule,
        drifts="scheduleExpression",
        deleted=lambda client, s: client.delete_schedule(Name=s["name"]),
    ),
}
