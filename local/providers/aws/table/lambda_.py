"""Functions."""

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_CODE = frozenset({"code", "s3Bucket", "s3Key", "s3ObjectVersion", "imageUri", "architectures", "publish"})
_RUNTIME = frozenset(
    {
        "deadLetterConfig",
        "description",
        "environment",
        "ephemeralStorage",
        "fileSystemConfig",
        "handler",
        "imageConfig",
        "kmsKeyArn",
        "layers",
        "loggingConfig",
        "memorySize",
        "role",
        "runtime",
        "snapStart",
        "timeout",
        "tracingConfig",
        "vpcConfig",
    }
)
_IN_CODE = {prop: f"Code.{prop[0].upper()}{prop[1:]}" for prop in ("s3Bucket", "s3Key", "s3ObjectVersion", "imageUri")}
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"

ROWS = (
    Row(
        type="aws:lambda/function:Function",
        served_by="ours",
        service="lambda",
        schema="AWS::Lambda::Function",
        schema_names={"name": "FunctionName", "imageUri": "Code", "s3Bucket": "Code"},
        keys={"FunctionName": "name", "Resource": "arn"},
        id="{name}",
        create=Call(
            "create_function",
            renames={"code": "Code.ZipFile", **_IN_CODE},
            properties=_CODE | _RUNTIME | {"name", "tags", "packageType", "codeSigningConfigArn"},
        ),
        update=(
            Call("update_function_code", renames={"code": "ZipFile"}, properties=_CODE),
            Call("update_function_configuration", properties=_RUNTIME),
        ),
        extra=(
            Call(
                "put_function_concurrency",
                properties=frozenset({"reservedConcurrentExecutions"}),
                switch="reservedConcurrentExecutions",
                undo="delete_function_concurrency",
            ),
        ),
        read=(
            Read("get_function", at="Configuration"),
            Read("get_function_concurrency", optional=True),
        ),
        delete=Call("delete_function"),
        outputs={
            "arn": "FunctionArn",
            "version": "Version",
            "codeSha256": "CodeSha256",
            "invokeArn": _INVOKE + "{arn}/invocations",
            "lastModified": "LastModified",
            "qualifiedArn": "{arn}:{version}",
            "qualifiedInvokeArn": _INVOKE + "{arn}:{version}/invocations",
            "sourceCodeHash": "CodeSha256",
            "sourceCodeSize": "CodeSize",
        },
        replace=frozenset({"name", "packageType", "tenancyConfig"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags"),
        defaults={
            "description": "",
            "memorySize": 128,
            "packageType": "Zip",
            "publish": False,
            "reservedConcurrentExecutions": -1,
            "skipDestroy": False,
            "timeout": 3,
        },
        computed=frozenset({"architectures", "ephemeralStorage", "loggingConfig", "snapStart", "tracingConfig"}),
        cleared={
            "deadLetterConfig": {"targetArn": ""},
            "environment": {"variables": {}},
            "kmsKeyArn": "",
            "layers": [],
            "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
        },
        local=frozenset({"skipDestroy", "sourceCodeHash"}),
        unread=frozenset({"code", "imageUri", "layers", "publish", "s3Bucket", "s3Key", "s3ObjectVersion"}),
        wait=Wait("State", ready=frozenset({"Active"}), failed=frozenset({"Failed"}), reason="StateReason"),
    ),
)
