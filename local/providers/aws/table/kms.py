"""Keys and aliases."""

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

ROWS = (
    Row(
        type="aws:kms/key:Key",
        served_by="ours",
        service="kms",
        schema="AWS::KMS::Key",
        schema_names={
            "customerMasterKeySpec": "KeySpec",
            "isEnabled": "Enabled",
            "deletionWindowInDays": "PendingWindowInDays",
            "policy": "KeyPolicy",
        },
        autoname=None,
        keys={"KeyId": "id"},
        id="{keyId}",
        create=Call(
            "create_key",
            renames={"customerMasterKeySpec": "KeySpec"},
            properties=frozenset(
                {
                    "bypassPolicyLockoutSafetyCheck",
                    "customKeyStoreId",
                    "customerMasterKeySpec",
                    "description",
                    "keyUsage",
                    "multiRegion",
                    "policy",
                    "tags",
                    "xksKeyId",
                }
            ),
        ),
        update=(
            Call("update_key_description", properties=frozenset({"description"})),
            Call("put_key_policy", properties=frozenset({"policy"}), fixed={"PolicyName": "default"}),
        ),
        extra=(
            Call(
                "enable_key_rotation",
                properties=frozenset({"enableKeyRotation", "rotationPeriodInDays"}),
                renames={"enableKeyRotation": ""},
                switch="enableKeyRotation",
                undo="disable_key_rotation",
            ),
            Call(
                "enable_key",
                properties=frozenset({"isEnabled"}),
                renames={"isEnabled": ""},
                switch="isEnabled",
                undo="disable_key",
            ),
        ),
        read=(
            Read("describe_key", at="KeyMetadata", renames={"isEnabled": "Enabled"}),
            Read("get_key_policy", optional=True, arguments=lambda _: {"PolicyName": "default"}),
            Read("get_key_rotation_status", optional=True, renames={"enableKeyRotation": "KeyRotationEnabled"}),
        ),
        delete=Call(
            "schedule_key_deletion",
            renames={"deletionWindowInDays": "PendingWindowInDays"},
            properties=frozenset({"deletionWindowInDays"}),
        ),
        gone_when=("KeyState", frozenset({"PendingDeletion", "PendingReplicaDeletion"})),
        outputs={"arn": "Arn", "keyId": "KeyId"},
        replace=frozenset({"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_resource_tags"),
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "description": "",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        local=frozenset({"deletionWindowInDays"}),
        unread=frozenset({"bypassPolicyLockoutSafetyCheck", "xksKeyId"}),
        json=frozenset({"policy"}),
    ),
    Row(
        type="aws:kms/alias:Alias",
        served_by="moto",
        service="kms",
        schema="AWS::KMS::Alias",
        autoname=Autoname(prefix="alias/"),
        keys={"AliasName": "name"},
        id="{name}",
        create=Call("create_alias"),
        update=(Call("update_alias"),),
        read=(Read("list_aliases", at="Aliases", pick=("AliasName", "name")),),
        delete=Call("delete_alias"),
        outputs={"arn": "AliasArn", "targetKeyArn": "arn:aws:kms:{region}:{account}:key/{targetKeyId}"},
        replace=frozenset({"name"}),
    ),
)
