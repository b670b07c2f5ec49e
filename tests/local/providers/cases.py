"""One life per row of the table: what a program declares, changes and replaces, and what others do meanwhile."""

from __future__ import annotations

import json
from typing import Any

from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers import (
    cases_budgets,
    cases_clusters,
    cases_network,
    cases_nodes,
    cases_pipelines,
    cases_platform,
)
from tests.local.providers.case import Case, document, policy, trust

_SIGNATURE = "4dabf18193072939515e22adb298388d"


def archive(text: str) -> Properties:
    asset = {_SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": text, "hash": f"hash of {text}"}
    return {
        _SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7",
        "assets": {"main.py": asset},
        "hash": f"hash of archive of {text}",
    }


def machine(comment: str) -> str:
    return json.dumps({"Comment": comment, "StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


def a_bucket(cloud: Cloud) -> dict[str, Any]:
    name = f"bucket-{next(cloud.names)}"
    cloud.client("s3").create_bucket(Bucket=name)
    return {"bucket": name}


def two_keys_for_logs(cloud: Cloud) -> dict[str, Any]:
    kms = cloud.client("kms")
    lets_in = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Encrypt*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [lets_in | {"Resource": "*"}]})
    return {name: kms.create_key(Policy=document)["KeyMetadata"]["Arn"] for name in ("key", "key2")}


def a_bucket_that_takes_logs(cloud: Cloud) -> dict[str, Any]:
    made, s3 = a_bucket(cloud), cloud.client("s3")
    target = f"{made['bucket']}-logs"
    s3.create_bucket(Bucket=target)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": f"arn:aws:s3:::{target}/*",
    }
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    refused = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": plain}
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [refused, statement]}))
    return made | {"target": target}


def a_role(cloud: Cloud) -> dict[str, Any]:
    role = cloud.role()
    return {"role": role, "role_name": role.rpartition("/")[2]}


def two_keys(cloud: Cloud) -> dict[str, Any]:
    kms = cloud.client("kms")
    return {name: kms.create_key()["KeyMetadata"]["KeyId"] for name in ("key", "key2")}


def a_rule(cloud: Cloud) -> dict[str, Any]:
    name = f"rule-{next(cloud.names)}"
    cloud.client("events").put_rule(Name=name, EventPattern=json.dumps({"source": ["ours"]}))
    return {"rule": name, **a_role(cloud)}


def a_model(cloud: Cloud) -> dict[str, Any]:
    return {"model": cloud.model("1"), "role": cloud.role(), "image": cloud.image}


def two_configs(cloud: Cloud) -> dict[str, Any]:
    model = cloud.model("1")
    return {name: cloud.config(("main", model, 1, 1)) for name in ("config", "config2", "config3")}


def _variant(**more: Any) -> dict[str, Any]:
    return {
        "variantName": "main",
        "modelName": "{model}",
        "instanceType": "ml.m5.large",
        "initialInstanceCount": 1,
        "initialVariantWeight": 1,
        **more,
    }


def _lifecycle(days: int) -> list[Any]:
    return [
        {
            "id": "old",
            "status": "Enabled",
            "filter": {"prefix": "x/"},
            "noncurrentVersionExpiration": {"noncurrentDays": days},
        }
    ]


def _encryption(algorithm: str) -> list[Any]:
    return [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}, "bucketKeyEnabled": False}]


CASES: dict[str, Case] = {
    "aws:kms/key:Key": Case(
        service="kms",
        inputs={
            "description": "first",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": document("kms:*"),
        },
        changed={"description": "second", "enableKeyRotation": False, "policy": document("kms:Decrypt")},
        replaced={"customerMasterKeySpec": "RSA_2048"},
        unsent={"deletionWindowInDays": 8},
        seen={
            "description": lambda kms, s: kms.describe_key(KeyId=s["id"])["KeyMetadata"]["Description"],
            "enableKeyRotation": lambda kms, s: kms.get_key_rotation_status(KeyId=s["id"])["KeyRotationEnabled"],
            "policy": lambda kms, s: kms.get_key_policy(KeyId=s["id"], PolicyName="default")["Policy"],
        },
        elsewhere=lambda kms, s: kms.update_key_description(KeyId=s["id"], Description="theirs"),
        drifts="description",
        deleted=lambda kms, s: kms.schedule_key_deletion(KeyId=s["id"]),
    ),
    "aws:kms/alias:Alias": Case(
        service="kms",
        needs=two_keys,
        inputs={"targetKeyId": "{key}"},
        changed={"targetKeyId": "{key2}"},
        replaced={"name": "alias/another"},
        seen={
            "targetKeyId": lambda kms, s: next(
                a["TargetKeyId"] for a in kms.list_aliases()["Aliases"] if a["AliasName"] == s["name"]
            )
        },
        elsewhere=lambda kms, s: kms.update_alias(
            AliasName=s["name"], TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"]
        ),
        drifts="targetKeyId",
        deleted=lambda kms, s: kms.delete_alias(AliasName=s["name"]),
    ),
    "aws:s3/bucket:Bucket": Case(
        service="s3",
        inputs={"forceDestroy": True, "tags": {"team": "a"}},
        replaced={"bucket": "another-bucket"},
        seen={},
        elsewhere=lambda s3, s: s3.put_bucket_tagging(
            Bucket=s["id"], Tagging={"TagSet": [{"Key": "team", "Value": "theirs"}]}
        ),
        drifts="tags",
        deleted=lambda s3, s: s3.delete_bucket(Bucket=s["id"]),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Case(
        service="s3",
        needs=a_bucket,
        inputs={"bucket": "{bucket}", "versioningConfiguration": {"status": "Enabled"}},
        changed={"versioningConfiguration": {"status": "Suspended"}},
        replaced={"bucket": "another-bucket"},
        seen={
            "versioningConfiguration": lambda s3, s: {"status": s3.get_bucket_versioning(Bucket=s["bucket"])["Status"]}
        },
        elsewhere=lambda s3, s: s3.put_bucket_versioning(
            Bucket=s["bucket"], VersioningConfiguration={"Status": "Enabled"}
        ),
        drifts="versioningConfiguration",
        deleted=lambda s3, s: s3.delete_bucket(Bucket=s["bucket"]),
        stays=True,
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Case(
        service="s3",
        needs=a_bucket,
        inputs={"bucket": "{bucket}", "rules": _encryption("aws:kms")},
        changed={"rules": _encryption("AES256")},
        replaced={"bucket": "another-bucket"},
        seen={
            "rules": lambda s3, s: _encryption(
                s3.get_bucket_encryption(Bucket=s["bucket"])["ServerSideEncryptionConfiguration"]["Rules"][0][
                    "ApplyServerSideEncryptionByDefault"
                ]["SSEAlgorithm"]
            )
        },
        elsewhere=lambda s3, s: s3.put_bucket_encryption(
            Bucket=s["bucket"],
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            },
        ),
        drifts="rules",
        deleted=lambda s3, s: s3.delete_bucket_encryption(Bucket=s["bucket"]),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Case(
        service="s3",
        needs=a_bucket,
        inputs={"bucket": "{bucket}", "blockPublicAcls": True, "blockPublicPolicy": True},
        changed={"ignorePublicAcls": True},
        replaced={"bucket": "another-bucket"},
        seen={
            "blockPublicAcls": lambda s3, s: s3.get_public_access_block(Bucket=s["bucket"])[
                "PublicAccessBlockConfiguration"
            ]["BlockPublicAcls"],
            "ignorePublicAcls": lambda s3, s: s3.get_public_access_block(Bucket=s["bucket"])[
                "PublicAccessBlockConfiguration"
            ]["IgnorePublicAcls"],
        },
        elsewhere=lambda s3, s: s3.put_public_access_block(
            Bucket=s["bucket"], PublicAccessBlockConfiguration={"BlockPublicAcls": False}
        ),
        drifts="blockPublicAcls",
        deleted=lambda s3, s: s3.delete_public_access_block(Bucket=s["bucket"]),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Case(
        service="s3",
        needs=a_bucket,
        inputs={"bucket": "{bucket}", "policy": document("s3:GetObject")},
        changed={"policy": document("s3:PutObject")},
        replaced={"bucket": "another-bucket"},
        seen={"policy": lambda s3, s: s3.get_bucket_policy(Bucket=s["bucket"])["Policy"]},
        elsewhere=lambda s3, s: s3.put_bucket_policy(Bucket=s["bucket"], Policy=document("s3:*")),
        drifts="policy",
        deleted=lambda s3, s: s3.delete_bucket_policy(Bucket=s["bucket"]),
    ),
    "aws:s3/bucketLogging:BucketLogging": Case(
        service="s3",
        needs=a_bucket_that_takes_logs,
        inputs={"bucket": "{bucket}", "targetBucket": "{target}", "targetPrefix": "one/"},
        changed={"targetPrefix": "two/"},
        replaced={"bucket": "another-bucket"},
        seen={
            "targetBucket": lambda s3, s: s3.get_bucket_logging(Bucket=s["bucket"])["LoggingEnabled"]["TargetBucket"],
            "targetPrefix": lambda s3, s: s3.get_bucket_logging(Bucket=s["bucket"])["LoggingEnabled"]["TargetPrefix"],
        },
        elsewhere=lambda s3, s: s3.put_bucket_logging(
            Bucket=s["bucket"],
            BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": s["targetBucket"], "TargetPrefix": "theirs/"}},
        ),
        drifts="targetPrefix",
        deleted=lambda s3, s: s3.put_bucket_logging(Bucket=s["bucket"], BucketLoggingStatus={}),
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Case(
        service="s3",
        needs=a_bucket,
        inputs={"bucket": "{bucket}", "rules": _lifecycle(30)},
        changed={"rules": _lifecycle(90)},
        replaced={"bucket": "another-bucket"},
        seen={
            "rules": lambda s3, s: _lifecycle(
                s3.get_bucket_lifecycle_configuration(Bucket=s["bucket"])["Rules"][0]["NoncurrentVersionExpiration"][
                    "NoncurrentDays"
                ]
            )
        },
        elsewhere=lambda s3, s: s3.put_bucket_lifecycle_configuration(
            Bucket=s["bucket"],
            LifecycleConfiguration={
                "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        ),
        drifts="rules",
        deleted=lambda s3, s: s3.delete_bucket_lifecycle(Bucket=s["bucket"]),
    ),
    "aws:iam/role:Role": Case(
        service="iam",
        inputs={"assumeRolePolicy": trust("lambda.amazonaws.com"), "description": "first", "tags": {"team": "a"}},
        changed={
            "assumeRolePolicy": trust("sagemaker.amazonaws.com"),
            "description": "second",
            "maxSessionDuration": 7200,
        },
        removed="description",
        replaced={"path": "/team/"},
        unsent={"forceDetachPolicies": True},
        seen={
            "description": lambda iam, s: iam.get_role(RoleName=s["id"])["Role"]["Description"],
            "assumeRolePolicy": lambda iam, s: json.dumps(
                iam.get_role(RoleName=s["id"])["Role"]["AssumeRolePolicyDocument"]
            ),
            "maxSessionDuration": lambda iam, s: iam.get_role(RoleName=s["id"])["Role"]["MaxSessionDuration"],
        },
        elsewhere=lambda iam, s: iam.update_role(RoleName=s["id"], Description="theirs"),
        drifts="description",
        deleted=lambda iam, s: iam.delete_role(RoleName=s["id"]),
    ),
    "aws:iam/rolePolicy:RolePolicy": Case(
        service="iam",
        needs=a_role,
        inputs={"role": "{role_name}", "policy": policy("s3:GetObject")},
        changed={"policy": policy("s3:PutObject")},
        replaced={"name": "another"},
        seen={
            "policy": lambda iam, s: json.dumps(
                iam.get_role_policy(RoleName=s["role"], PolicyName=s["name"])["PolicyDocument"]
            )
        },
        elsewhere=lambda iam, s: iam.put_role_policy(
            RoleName=s["role"], PolicyName=s["name"], PolicyDocument=policy("s3:*")
        ),
        drifts="policy",
        deleted=lambda iam, s: iam.delete_role_policy(RoleName=s["role"], PolicyName=s["name"]),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Case(
        service="logs",
        needs=two_keys_for_logs,
        inputs={"retentionInDays": 7, "kmsKeyId": "{key}"},
        changed={"retentionInDays": 30, "kmsKeyId": "{key2}"},
        removed="kmsKeyId",
        replaced={"logGroupClass": "INFREQUENT_ACCESS"},
        unsent={"skipDestroy": True},
        seen={
            "retentionInDays": lambda logs, s: _log_group(logs, s).get("retentionInDays"),
            "kmsKeyId": lambda logs, s: _log_group(logs, s).get("kmsKeyId"),
        },
        elsewhere=lambda logs, s: logs.delete_retention_policy(logGroupName=s["id"]),
        drifts="retentionInDays",
        deleted=lambda logs, s: logs.delete_log_group(logGroupName=s["id"]),
    ),
    "aws:cloudwatch/eventRule:EventRule": Case(
        service="events",
        inputs={"eventPattern": json.dumps({"source": ["ours"]}), "description": "first"},
        changed={"eventPattern": json.dumps({"source": ["theirs"]}), "description": "second"},
        removed="description",
        replaced={"name": "another"},
        seen={
            "eventPattern": lambda events, s: events.describe_rule(Name=s["id"])["EventPattern"],
            "description": lambda events, s: events.describe_rule(Name=s["id"]).get("Description"),
        },
        elsewhere=lambda events, s: events.disable_rule(Name=s["id"]),
        drifts="state",
        deleted=lambda events, s: events.delete_rule(Name=s["id"]),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Case(
        service="events",
        needs=a_rule,
        inputs={
            "rule": "{rule}",
            "arn": "arn:aws:states:us-east-1:123456789012:stateMachine:one",
            "roleArn": "{role}",
            "inputTransformer": {"inputPaths": {"name": "$.detail.name"}, "inputTemplate": '{"name": <name>}'},
        },
        changed={
            "arn": "arn:aws:states:us-east-1:123456789012:stateMachine:two",
            "inputTransformer": {"inputPaths": {"id": "$.detail.id"}, "inputTemplate": '{"id": <id>}'},
        },
        replaced={"targetId": "another"},
        seen={
            "arn": lambda events, s: _target(events, s)["Arn"],
            "inputTransformer": lambda events, s: {
                "inputPaths": _target(events, s)["InputTransformer"]["InputPathsMap"],
                "inputTemplate": _target(events, s)["InputTransformer"]["InputTemplate"],
            },
        },
        elsewhere=lambda events, s: events.put_targets(
            Rule=s["rule"],
            Targets=[{"Id": s["targetId"], "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:x"}],
        ),
        drifts="arn",
        deleted=lambda events, s: events.remove_targets(Rule=s["rule"], Ids=[s["targetId"]]),
    ),
    "aws:lambda/function:Function": Case(
        service="lambda",
        needs=lambda cloud: {"role": cloud.role(trusted="lambda.amazonaws.com")},
        inputs={
            "code": archive("first"),
            "handler": "main.handle",
            "runtime": "python3.13",
            "role": "{role}",
            "timeout": 10,
            "environment": {"variables": {"A": "1"}},
        },
        changed={"code": archive("second"), "timeout": 20, "environment": {"variables": {"B": "2"}}},
        removed="environment",
        replaced={"packageType": "Image"},
        seen={
            "timeout": lambda client, s: client.get_function_configuration(FunctionName=s["id"])["Timeout"],
            "environment": lambda client, s: _variables(client.get_function_configuration(FunctionName=s["id"])),
        },
        elsewhere=lambda client, s: client.update_function_configuration(
            FunctionName=s["id"], Environment={"Variables": {"A": "1", "THEIRS": "2"}}
        ),
        drifts="environment",
        deleted=lambda client, s: client.delete_function(FunctionName=s["id"]),
    ),
    "aws:sfn/stateMachine:StateMachine": Case(
        service="stepfunctions",
        needs=lambda cloud: {"role": cloud.role(trusted="states.amazonaws.com")},
        inputs={
            "definition": machine("first"),
            "roleArn": "{role}",
            "loggingConfiguration": {
                "level": "ERROR",
                "includeExecutionData": False,
                "logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:x:*",
            },
        },
        changed={"definition": machine("second")},
        removed="loggingConfiguration",
        replaced={"type": "EXPRESS"},
        seen={
            "definition": lambda sfn, s: sfn.describe_state_machine(stateMachineArn=s["id"])["definition"],
            "loggingConfiguration": lambda sfn, s: _logging(sfn.describe_state_machine(stateMachineArn=s["id"])),
        },
        elsewhere=lambda sfn, s: sfn.update_state_machine(stateMachineArn=s["id"], definition=machine("theirs")),
        drifts="definition",
        deleted=lambda sfn, s: sfn.delete_state_machine(stateMachineArn=s["id"]),
    ),
    "aws:sagemaker/model:Model": Case(
        service="sagemaker",
        needs=a_model,
        inputs={
            "executionRoleArn": "{role}",
            "enableNetworkIsolation": True,
            "primaryContainer": {"image": "{image}", "environment": {"A": "1"}},
            "tags": {"team": "a"},
        },
        replaced={"primaryContainer": {"image": "{image}", "environment": {"A": "2"}}},
        seen={
            "enableNetworkIsolation": lambda client, s: client.describe_model(ModelName=s["id"])[
                "EnableNetworkIsolation"
            ],
            "primaryContainer": lambda client, s: {
                "image": client.describe_model(ModelName=s["id"])["PrimaryContainer"]["Image"],
                "environment": client.describe_model(ModelName=s["id"])["PrimaryContainer"]["Environment"],
            },
        },
        elsewhere=lambda client, s: client.add_tags(ResourceArn=s["arn"], Tags=[{"Key": "team", "Value": "theirs"}]),
        drifts="tags",
        deleted=lambda client, s: client.delete_model(ModelName=s["id"]),
    ),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Case(
        service="sagemaker",
        needs=a_model,
        inputs={"productionVariants": [_variant()], "kmsKeyArn": "alias/data", "tags": {"team": "a"}},
        replaced={"productionVariants": [_variant(instanceType="ml.c5.large")]},
        seen={
            "productionVariants": lambda client, s: [
                {name[0].lower() + name[1:]: value for name, value in variant.items()}
                for variant in client.describe_endpoint_config(EndpointConfigName=s["id"])["ProductionVariants"]
            ],
            "kmsKeyArn": lambda client, s: client.describe_endpoint_config(EndpointConfigName=s["id"])["KmsKeyId"],
        },
        elsewhere=lambda client, s: client.add_tags(ResourceArn=s["arn"], Tags=[{"Key": "team", "Value": "theirs"}]),
        drifts="tags",
        deleted=lambda client, s: client.delete_endpoint_config(EndpointConfigName=s["id"]),
    ),
    "aws:sagemaker/endpoint:Endpoint": Case(
        service="sagemaker",
        needs=two_configs,
        inputs={"endpointConfigName": "{config}"},
        changed={"endpointConfigName": "{config2}"},
        replaced={"deploymentConfig": {"autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]}}},
        seen={
            "endpointConfigName": lambda client, s: client.describe_endpoint(EndpointName=s["id"])["EndpointConfigName"]
        },
        elsewhere=lambda client, s: _move(client, s),
        drifts="endpointConfigName",
        deleted=lambda client, s: _remove(client, s),
    ),
    "aws:ssm/parameter:Parameter": Case(
        service="ssm",
        needs=lambda cloud: {"parameter": f"/takeoff/test/{next(cloud.names)}"},
        inputs={"name": "{parameter}", "type": "String", "value": "first", "description": "one"},
        changed={"value": "second", "description": "two"},
        replaced={"dataType": "aws:ec2:image"},
        unsent={"overwrite": True},
        seen={"value": lambda ssm, s: ssm.get_parameter(Name=s["id"])["Parameter"]["Value"]},
        elsewhere=lambda ssm, s: ssm.put_parameter(Name=s["id"], Value="theirs", Type="String", Overwrite=True),
        drifts="value",
        deleted=lambda ssm, s: ssm.delete_parameter(Name=s["id"]),
    ),
    **cases_budgets.CASES,
    **cases_clusters.CASES,
    **cases_nodes.CASES,
    **cases_network.CASES,
    **cases_pipelines.CASES,
    **cases_platform.CASES,
}


def _variables(function: Any) -> Any:
    found = function.get("Environment", {}).get("Variables")
    return {"variables": found} if found else None


def _logging(machine: Any) -> Any:
    found = machine.get("loggingConfiguration") or {"level": "OFF"}
    if found["level"] == "OFF":
        return None
    (destination,) = found["destinations"]
    return {
        "level": found["level"],
        "includeExecutionData": found["includeExecutionData"],
        "logDestination": destination["cloudWatchLogsLogGroup"]["logGroupArn"],
    }


def _log_group(logs: Any, state: Properties) -> Any:
    (group,) = logs.describe_log_groups(logGroupNamePrefix=state["id"])["logGroups"]
    return group


def _target(events: Any, state: Properties) -> Any:
    (target,) = events.list_targets_by_rule(Rule=state["rule"])["Targets"]
    return target


def _move(client: Any, state: Properties) -> None:
    config = client.describe_endpoint_config(EndpointConfigName=state["endpointConfigName"])
    name = f"{state['id']}-theirs"
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=config["ProductionVariants"])
    client.update_endpoint(EndpointName=state["id"], EndpointConfigName=name)
    client.get_waiter("endpoint_in_service").wait(EndpointName=state["id"], WaiterConfig={"Delay": 0.1})


def _remove(client: Any, state: Properties) -> None:
    client.delete_endpoint(EndpointName=state["id"])
    client.get_waiter("endpoint_deleted").wait(EndpointName=state["id"], WaiterConfig={"Delay": 0.1})
