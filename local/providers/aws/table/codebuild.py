"""Build projects."""

from local.providers.aws.row import Call, Read, Row, Tagging

_RENAMES = {
    "buildTimeout": "timeoutInMinutes",
    "logsConfig.cloudwatchLogs": "cloudWatchLogs",
    "queuedTimeout": "queuedTimeoutInMinutes",
}

ROWS = (
    Row(
        type="aws:codebuild/project:Project",
        served_by="ours",
        service="codebuild",
        schema="AWS::CodeBuild::Project",
        keys={"name": "name"},
        id="{arn}",
        imported="arn:aws:codebuild:{region}:{account}:project/{name}",
        create=Call("create_project", renames=_RENAMES),
        update=(Call("update_project", renames=_RENAMES),),
        read=(
            Read(
                "batch_get_projects",
                at="projects",
                pick=("name", "name"),
                arguments=lambda state: {"names": [state["name"]]},
            ),
        ),
        delete=Call("delete_project"),
        outputs={"arn": "arn"},
        replace=frozenset({"name"}),
        tagging=Tagging(),
        computed=frozenset({"autoRetryLimit", "cache", "description", "encryptionKey", "logsConfig"}),
        defaults={"badgeEnabled": False, "buildTimeout": 60, "projectVisibility": "PRIVATE", "queuedTimeout": 480},
        unread=frozenset({"badgeEnabled"}),
    ),
)
