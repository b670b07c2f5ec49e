"""Applications of EMR Serverless."""

from local.providers.aws.row import Call, Read, Row, Tagging

_RENAMES = {"monitoringConfiguration.cloudwatchLoggingConfiguration": "cloudWatchLoggingConfiguration"}
_NETWORK = frozenset({"networkConfiguration.securityGroupIds", "networkConfiguration.subnetIds"})

ROWS = (
    Row(
        type="aws:emrserverless/application:Application",
        served_by="ours",
        service="emr-serverless",
        schema="AWS::EMRServerless::Application",
        autoname=None,
        keys={"applicationId": "id", "resourceArn": "arn"},
        id="{applicationId}",
        create=Call("create_application", renames=_RENAMES),
        update=(Call("update_application", renames=_RENAMES),),
        read=(Read("get_application", at="application"),),
        delete=Call("delete_application"),
        outputs={"arn": "arn", "applicationId": "applicationId"},
        answer={"applicationId": "applicationId"},
        replace=frozenset({"name", "type"}) | _NETWORK,
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        computed=frozenset(
            {"autoStartConfiguration", "autoStopConfiguration", "imageConfiguration", "maximumCapacity"}
            | {"monitoringConfiguration", "maximumCapacity.disk"}
        ),
        defaults={"architecture": "X86_64"},
        spelled={"type": lambda found: found.lower()},
    ),
)
