"""State machines."""

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_LOGS = {"loggingConfiguration.logDestination": "destinations.cloudWatchLogsLogGroup.logGroupArn"}

ROWS = (
    Row(
        type="aws:sfn/stateMachine:StateMachine",
        served_by="ours",
        service="stepfunctions",
        schema="AWS::StepFunctions::StateMachine",
        schema_names={"name": "StateMachineName", "type": "StateMachineType", "definition": "DefinitionString"},
        keys={"stateMachineArn": "id", "resourceArn": "id"},
        id="{arn}",
        create=Call("create_state_machine", renames=_LOGS),
        update=(
            Call(
                "update_state_machine",
                renames=_LOGS,
                properties=frozenset(
                    {
                        "definition",
                        "encryptionConfiguration",
                        "loggingConfiguration",
                        "publish",
                        "roleArn",
                        "tracingConfiguration",
                    }
                ),
            ),
        ),
        read=(Read("describe_state_machine"),),
        delete=Call("delete_state_machine"),
        outputs={
            "arn": "stateMachineArn",
            "creationDate": "creationDate",
            "revisionId": "revisionId",
            "status": "status",
        },
        replace=frozenset({"name", "type"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        defaults={"publish": False, "type": "STANDARD"},
        computed=frozenset({"encryptionConfiguration", "tracingConfiguration"}),
        cleared={"loggingConfiguration": {"level": "OFF"}, "tracingConfiguration": {"enabled": False}},
        unread=frozenset({"publish"}),
        json=frozenset({"definition"}),
        wait=Wait("status", ready=frozenset({"ACTIVE"}), gone=True),
    ),
)
