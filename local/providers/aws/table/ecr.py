"""Image repositories."""

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

ROWS = (
    Row(
        type="aws:ecr/repository:Repository",
        served_by="moto",
        service="ecr",
        schema="AWS::ECR::Repository",
        autoname=Autoname(lower=True),
        keys={"repositoryName": "name", "repositoryNames": "name", "resourceArn": "arn"},
        id="{name}",
        create=Call("create_repository", renames={"encryptionConfigurations": "encryptionConfiguration"}),
        update=(
            Call("put_image_tag_mutability", properties=frozenset({"imageTagMutability"})),
            Call("put_image_scanning_configuration", properties=frozenset({"imageScanningConfiguration"})),
        ),
        read=(Read("describe_repositories", at="repositories", pick=("repositoryName", "name")),),
        delete=Call("delete_repository", renames={"forceDelete": "force"}, properties=frozenset({"forceDelete"})),
        outputs={"arn": "repositoryArn", "registryId": "registryId", "repositoryUrl": "repositoryUri"},
        replace=frozenset({"name", "encryptionConfigurations"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        # The official plugin says nothing where a block is missing (DiffSuppress).
        computed=frozenset({"encryptionConfigurations", "imageScanningConfiguration"}),
        defaults={"imageTagMutability": "MUTABLE"},
        local=frozenset({"forceDelete"}),
        spelled={"encryptionConfigurations": lambda found: [found]},
    ),
    Row(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        served_by="moto",
        service="ecr",
        schema="AWS::ECR::Repository#LifecyclePolicy",
        schema_names={"policy": "LifecyclePolicyText"},
        autoname=None,
        keys={"repositoryName": "repository"},
        id="{repository}",
        create=Call("put_lifecycle_policy", renames={"policy": "lifecyclePolicyText"}),
        read=(Read("get_lifecycle_policy"),),
        delete=Call("delete_lifecycle_policy"),
        outputs={"registryId": "registryId"},
        replace=frozenset({"repository", "policy"}),
        json=frozenset({"policy"}),
    ),
)
