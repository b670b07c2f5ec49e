"""The data catalog and who may read it (Pulumi's modules `glue` and `lakeformation`)."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging

_GRANT = {
    "principal": "Principal.DataLakePrincipalIdentifier",
    "database": "Resource.Database",
    "table": "Resource.Table",
    "table.wildcard": "TableWildcard",
}
_GRANTED = frozenset({"database", "permissions", "permissionsWithGrantOption", "principal", "table"})


def _granted(state: Mapping[str, Any]) -> dict[str, Any]:
    """To whom and on what: how a grant, which has no name, is found and revoked."""
    principal = {"DataLakePrincipalIdentifier": state["principal"]}
    if "database" in state:
        return {"Principal": principal, "Resource": {"Database": {"Name": state["database"]["name"]}}}
    table = {"DatabaseName": state["table"]["databaseName"]}
    table |= {"TableWildcard": {}} if state["table"].get("wildcard") else {"Name": state["table"]["name"]}
    return {"Principal": principal, "Resource": {"Table": table}}


ROWS = (
    Row(
        type="aws:glue/catalogDatabase:CatalogDatabase",
        served_by="moto",
        service="glue",
        schema="AWS::Glue::Database#DatabaseInput",
        keys={"Name": "name", "ResourceArn": "arn"},
        id="{account}:{name}",
        create=Call("create_database", into="DatabaseInput"),
        update=(Call("update_database", into="DatabaseInput"),),
        read=(Read("get_database", at="Database"),),
        delete=Call("delete_database"),
        outputs={"arn": "arn:aws:glue:{region}:{account}:database/{name}", "catalogId": "{account}"},
        replace=frozenset({"catalogId", "name", "targetDatabase"}),
        tagging=Tagging("tag_resource", "untag_resource", "get_tags"),
    ),
    Row(
        type="aws:lakeformation/resource:Resource",
        served_by="moto",
        service="lakeformation",
        # No schema: CloudFormation asks for UseServiceLinkedRole even where a role is given.
        autoname=None,
        keys={"ResourceArn": "arn"},
        id="{arn}",
        create=Call("register_resource", properties=frozenset({"arn", "roleArn", "useServiceLinkedRole"})),
        read=(Read("describe_resource", at="ResourceInfo"),),
        delete=Call("deregister_resource"),
        outputs={"lastModified": "LastModified"},
        replace=frozenset({"arn", "hybridAccessEnabled", "roleArn", "useServiceLinkedRole", "withFederation"}),
        unread=frozenset({"useServiceLinkedRole"}),
    ),
    Row(
        type="aws:lakeformation/permissions:Permissions",
        served_by="ours",
        service="lakeformation",
        autoname=None,
        keys={},
        id="{hash}",
        create=Call("grant_permissions", renames=_GRANT, properties=_GRANTED),
        read=(
            Read(
                "list_permissions",
                at="PrincipalResourcePermissions",
                renames=_GRANT,
                arguments=_granted,
            ),
        ),
        delete=Call("revoke_permissions", properties=_GRANTED, renames=_GRANT),
        replace=_GRANTED
        | {
            "catalogId",
            "catalogResource",
            "dataCellsFilter",
            "dataLocation",
            "lfTag",
            "lfTagPolicy",
            "tableWithColumns",
        },
        defaults={"catalogResource": False},
    ),
)
