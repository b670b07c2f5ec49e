"""Parameters."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging


def _by_name(state: Mapping[str, Any]) -> dict[str, Any]:
    return {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [state["name"]]}]}


_VALUE = {"value": "Value", "insecureValue": "Value"}

ROWS = (
    Row(
        type="aws:ssm/parameter:Parameter",
        served_by="ours",
        service="ssm",
        schema="AWS::SSM::Parameter",
        keys={"Name": "name", "ResourceId": "name", "ResourceType": "=Parameter"},
        id="{name}",
        create=Call("put_parameter", renames=_VALUE),
        # PutParameter refuses tags together with Overwrite: an update changes them by calls of their own.
        update=(
            Call(
                "put_parameter",
                renames=_VALUE,
                fixed={"Overwrite": True},
                properties=frozenset(
                    {"allowedPattern", "dataType", "description", "insecureValue", "keyId", "tier", "type", "value"}
                ),
            ),
        ),
        read=(
            Read("get_parameter", at="Parameter", arguments=lambda _: {"WithDecryption": True}),
            Read("describe_parameters", at="Parameters", pick=("Name", "name"), arguments=_by_name),
        ),
        delete=Call("delete_parameter"),
        outputs={"arn": "ARN", "version": "Version"},
        replace=frozenset({"name", "dataType"}),
        schema_names={"insecureValue": "Value"},
        beyond={"type": frozenset({"SecureString"})},
        tagging=Tagging("add_tags_to_resource", "remove_tags_from_resource", "list_tags_for_resource"),
        computed=frozenset({"dataType", "tier"}),
        defaults={"allowedPattern": "", "description": ""},
        local=frozenset({"overwrite"}),
        secrets=frozenset({"value"}),
    ),
)
