"""Model package groups and model cards (Pulumi's module `sagemaker`)."""

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_TAGGING = Tagging("add_tags", "delete_tags", "list_tags")
_GROUP = {"ModelPackageGroupName": "modelPackageGroupName", "ResourceArn": "arn"}

ROWS = (
    Row(
        type="aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        served_by="ours",
        service="sagemaker",
        schema="AWS::SageMaker::ModelPackageGroup",
        autoname=None,
        keys=_GROUP,
        id="{modelPackageGroupName}",
        create=Call("create_model_package_group"),
        read=(Read("describe_model_package_group"),),
        delete=Call("delete_model_package_group"),
        outputs={"arn": "ModelPackageGroupArn"},
        replace=frozenset({"modelPackageGroupDescription", "modelPackageGroupName"}),
        tagging=_TAGGING,
        wait=Wait("ModelPackageGroupStatus", frozenset({"Completed"}), frozenset({"Failed"}), gone=True),
    ),
    Row(
        type="aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        served_by="ours",
        service="sagemaker",
        autoname=None,
        keys=_GROUP,
        id="{modelPackageGroupName}",
        create=Call("put_model_package_group_policy"),
        update=(Call("put_model_package_group_policy"),),
        read=(Read("get_model_package_group_policy"),),
        delete=Call("delete_model_package_group_policy"),
        replace=frozenset({"modelPackageGroupName"}),
        json=frozenset({"resourcePolicy"}),
    ),
    Row(
        type="aws:sagemaker/modelCard:ModelCard",
        served_by="moto",
        service="sagemaker",
        schema="AWS::SageMaker::ModelCard",
        autoname=None,
        keys={"ModelCardName": "modelCardName", "ResourceArn": "modelCardArn"},
        id="{modelCardName}",
        create=Call("create_model_card"),
        update=(Call("update_model_card"),),
        read=(Read("describe_model_card"),),
        delete=Call("delete_model_card"),
        outputs={"modelCardArn": "ModelCardArn"},
        replace=frozenset({"modelCardName"}),
        tagging=_TAGGING,
        json=frozenset({"content"}),
    ),
)
