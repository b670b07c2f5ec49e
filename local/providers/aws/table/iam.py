"""Roles and their inline policies."""

from local.providers.aws.row import Call, Read, Row, Tagging

_BOUNDARY = frozenset({"permissionsBoundary"})

ROWS = (
    Row(
        type="aws:iam/role:Role",
        served_by="moto",
        service="iam",
        schema="AWS::IAM::Role",
        keys={"RoleName": "name"},
        id="{name}",
        create=Call("create_role", renames={"assumeRolePolicy": "AssumeRolePolicyDocument"}),
        update=(
            Call("update_role"),
            Call(
                "update_assume_role_policy",
                renames={"assumeRolePolicy": "PolicyDocument"},
                properties=frozenset({"assumeRolePolicy"}),
            ),
            Call("put_role_permissions_boundary", properties=_BOUNDARY, undo="delete_role_permissions_boundary"),
        ),
        read=(
            Read(
                "get_role",
                at="Role",
                renames={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
            ),
        ),
        delete=Call("delete_role"),
        outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "RoleId"},
        replace=frozenset({"name", "path"}),
        tagging=Tagging("tag_role", "untag_role", "list_role_tags"),
        defaults={"description": "", "forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"},
        local=frozenset({"forceDetachPolicies"}),
        json=frozenset({"assumeRolePolicy"}),
    ),
    Row(
        type="aws:iam/rolePolicy:RolePolicy",
        served_by="moto",
        service="iam",
        schema="AWS::IAM::RolePolicy",
        schema_names={"role": "RoleName"},
        keys={"RoleName": "role", "PolicyName": "name"},
        id="{role}:{name}",
        create=Call("put_role_policy", renames={"policy": "PolicyDocument"}),
        update=(Call("put_role_policy", renames={"policy": "PolicyDocument"}),),
        read=(Read("get_role_policy"),),
        delete=Call("delete_role_policy"),
        replace=frozenset({"name", "role"}),
        json=frozenset({"policy"}),
    ),
)
