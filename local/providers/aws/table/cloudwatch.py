"""Log groups, and event rules with their targets (Pulumi's module `cloudwatch`)."""

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

_TARGET = {
    "targetId": "Targets.Id",
    "inputTransformer.inputPaths": "InputPathsMap",
    "sagemakerPipelineTarget": "Targets.SageMakerPipelineParameters",
    "sqsTarget": "Targets.SqsParameters",
}

ROWS = (
    Row(
        type="aws:cloudwatch/logGroup:LogGroup",
        served_by="moto",
        service="logs",
        schema="AWS::Logs::LogGroup",
        keys={"logGroupName": "name", "logGroupNamePrefix": "name", "resourceArn": "arn"},
        id="{name}",
        create=Call("create_log_group"),
        update=(Call("associate_kms_key", properties=frozenset({"kmsKeyId"}), undo="disassociate_kms_key"),),
        extra=(
            Call(
                "put_retention_policy",
                properties=frozenset({"retentionInDays"}),
                switch="retentionInDays",
                undo="delete_retention_policy",
            ),
        ),
        read=(Read("describe_log_groups", at="logGroups", pick=("logGroupName", "name")),),
        delete=Call("delete_log_group"),
        outputs={"arn": "arn:aws:logs:{region}:{account}:log-group:{name}"},
        replace=frozenset({"name", "namePrefix", "logGroupClass"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        defaults={"retentionInDays": 0, "skipDestroy": False},
        local=frozenset({"skipDestroy"}),
    ),
    Row(
        type="aws:cloudwatch/eventRule:EventRule",
        served_by="ours",
        service="events",
        schema="AWS::Events::Rule",
        keys={"Name": "name", "EventBusName": "eventBusName", "ResourceARN": "arn"},
        id="{name}",
        create=Call("put_rule"),
        update=(Call("put_rule"),),
        read=(Read("describe_rule"),),
        delete=Call("delete_rule", renames={"forceDestroy": "Force"}, properties=frozenset({"forceDestroy"})),
        outputs={"arn": "Arn"},
        replace=frozenset({"name", "namePrefix", "eventBusName"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        defaults={"eventBusName": "default", "state": "ENABLED", "forceDestroy": False},
        local=frozenset({"forceDestroy"}),
        json=frozenset({"eventPattern"}),
    ),
    Row(
        type="aws:cloudwatch/eventTarget:EventTarget",
        served_by="ours",
        service="events",
        schema="AWS::Events::Rule#Target",
        schema_names={"targetId": "Id", "inputTransformer.inputPaths": "InputPathsMap"},
        autoname=Autoname("targetId"),
        keys={"Rule": "rule", "EventBusName": "eventBusName", "Ids": "targetId"},
        id="{rule}-{targetId}",
        create=Call("put_targets", into="Targets", renames=_TARGET),
        update=(Call("put_targets", into="Targets", renames=_TARGET),),
        read=(Read("list_targets_by_rule", at="Targets", pick=("Id", "targetId")),),
        delete=Call("remove_targets", renames={"forceDestroy": "Force"}, properties=frozenset({"forceDestroy"})),
        replace=frozenset({"rule", "targetId", "eventBusName"}),
        defaults={"eventBusName": "default", "forceDestroy": False},
        local=frozenset({"forceDestroy"}),
        json=frozenset({"input"}),
    ),
)
