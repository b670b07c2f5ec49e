"""What an account is given once: policies, identity providers and AWS's own roles (Pulumi's module `iam`)."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

_MOST_OTHERS = 4
_POLICY = {"policy": "PolicyDocument"}
_ISSUER = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}


def _others(client: Any, state: Mapping[str, Any]) -> list[str]:
    """A policy's versions but for the default one, oldest first."""
    versions = client.list_policy_versions(PolicyArn=state["id"])["Versions"]
    others = [version for version in versions if not version["IsDefaultVersion"]]
    return [version["VersionId"] for version in sorted(others, key=lambda version: version["CreateDate"])]


def _drop_versions(client: Any, state: Mapping[str, Any]) -> None:
    """AWS does not delete a policy that has other versions than the default one."""
    for version in _others(client, state):
        client.delete_policy_version(PolicyArn=state["id"], VersionId=version)


def _make_room(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """AWS keeps five versions at most: the oldest goes before a sixth, as in the official plugin."""
    others = _others(client, state)
    if olds.get("policy") != news.get("policy") and len(others) >= _MOST_OTHERS:
        client.delete_policy_version(PolicyArn=state["id"], VersionId=others[0])


def _clients(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    before, after = set(olds.get("clientIdLists") or ()), set(news.get("clientIdLists") or ())
    for name in sorted(after - before):
        client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=state["id"], ClientID=name)
    for name in sorted(before - after):
        client.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=state["id"], ClientID=name)


ROWS = (
    Row(
        type="aws:iam/policy:Policy",
        served_by="ours",
        service="iam",
        schema="AWS::IAM::ManagedPolicy",
        schema_names={"name": "ManagedPolicyName"},
        autoname=Autoname(),
        keys={"PolicyArn": "id"},
        id="{arn}",
        create=Call(
            "create_policy",
            renames={**_POLICY, "name": "PolicyName"},
            properties=frozenset({"description", "name", "path", "policy", "tags"}),
        ),
        update=(
            Call(
                "create_policy_version",
                renames=_POLICY,
                properties=frozenset({"policy"}),
                fixed={"SetAsDefault": True},
            ),
        ),
        before_update=_make_room,
        read=(
            Read("get_policy", at="Policy"),
            Read(
                "get_policy_version",
                at="PolicyVersion",
                renames={"policy": "Document"},
                arguments=lambda read: {"VersionId": read.get("DefaultVersionId")},
            ),
        ),
        delete=Call("delete_policy"),
        before_delete=_drop_versions,
        outputs={"arn": "Arn", "policyId": "PolicyId"},
        replace=frozenset({"description", "name", "path"}),
        tagging=Tagging("tag_policy", "untag_policy", "list_policy_tags"),
        defaults={"path": "/"},
        json=frozenset({"policy"}),
    ),
    Row(
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        served_by="moto",
        service="iam",
        autoname=None,
        keys={"RoleName": "role", "PolicyArn": "policyArn"},
        # The official plugin's own id ends in a random number; this is what it imports one by.
        id="{role}/{policyArn}",
        create=Call("attach_role_policy"),
        read=(Read("list_attached_role_policies", at="AttachedPolicies", pick=("PolicyArn", "policyArn")),),
        delete=Call("detach_role_policy"),
        replace=frozenset({"policyArn", "role"}),
    ),
    Row(
        type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        served_by="ours",
        service="iam",
        schema="AWS::IAM::OIDCProvider",
        autoname=None,
        keys={"OpenIDConnectProviderArn": "id"},
        id="{arn}",
        create=Call("create_open_id_connect_provider", renames=_ISSUER),
        update=(
            Call(
                "update_open_id_connect_provider_thumbprint",
                renames={"thumbprintLists": "ThumbprintList"},
                properties=frozenset({"thumbprintLists"}),
            ),
        ),
        computed=frozenset({"thumbprintLists"}),
        before_update=_clients,
        read=(Read("get_open_id_connect_provider"),),
        delete=Call("delete_open_id_connect_provider"),
        outputs={"arn": "{id}"},
        answer={"arn": "OpenIDConnectProviderArn"},
        replace=frozenset({"url"}),
        spelled={"url": lambda url: url if "://" in url else f"https://{url}"},
        tagging=Tagging("tag_open_id_connect_provider", "untag_open_id_connect_provider", ""),
    ),
    Row(
        type="aws:iam/serviceLinkedRole:ServiceLinkedRole",
        served_by="moto",
        service="iam",
        schema="AWS::IAM::ServiceLinkedRole",
        schema_names={"awsServiceName": "AWSServiceName"},
        autoname=None,
        keys={"RoleName": "name"},
        id="{arn}",
        imported="arn:aws:iam::{account}:role/aws-service-role/{awsServiceName}/{name}",
        create=Call(
            "create_service_linked_role", properties=frozenset({"awsServiceName", "customSuffix", "description"})
        ),
        update=(Call("update_role", properties=frozenset({"description"})),),
        read=(Read("get_role", at="Role"),),
        delete=Call("delete_service_linked_role"),
        outputs={
            "arn": "Arn",
            "createDate": "CreateDate",
            "name": "RoleName",
            "path": "Path",
            "uniqueId": "RoleId",
        },
        replace=frozenset({"awsServiceName", "customSuffix"}),
        tagging=Tagging("tag_role", "untag_role", "list_role_tags"),
        cleared={"description": ""},
        unread=frozenset({"awsServiceName", "customSuffix"}),
    ),
)
