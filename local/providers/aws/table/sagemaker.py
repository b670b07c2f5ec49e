"""Models, endpoint configurations, endpoints and pipelines."""

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_TAGGING = Tagging("add_tags", "delete_tags", "list_tags")
_INSTANCES = "aws_sagemaker_hosting/instancetype_enum"

ROWS = (
    Row(
        type="aws:sagemaker/model:Model",
        served_by="ours",
        service="sagemaker",
        schema="AWS::SageMaker::Model",
        keys={"ModelName": "name", "ResourceArn": "arn"},
        id="{name}",
        create=Call("create_model"),
        read=(Read("describe_model"),),
        delete=Call("delete_model"),
        outputs={"arn": "ModelArn"},
        replace=frozenset(
            {
                "containers",
                "enableNetworkIsolation",
                "executionRoleArn",
                "inferenceExecutionConfig",
                "name",
                "primaryContainer",
                "vpcConfig",
            }
        ),
        tagging=_TAGGING,
    ),
    Row(
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        served_by="ours",
        service="sagemaker",
        schema="AWS::SageMaker::EndpointConfig",
        allowed={
            "productionVariants.instanceType": _INSTANCES,
            "shadowProductionVariants.instanceType": _INSTANCES,
        },
        keys={"EndpointConfigName": "name", "ResourceArn": "arn"},
        id="{name}",
        create=Call("create_endpoint_config", renames={"kmsKeyArn": "KmsKeyId"}),
        read=(Read("describe_endpoint_config"),),
        delete=Call("delete_endpoint_config"),
        outputs={"arn": "EndpointConfigArn"},
        replace=frozenset(
            {
                "asyncInferenceConfig",
                "dataCaptureConfig",
                "executionRoleArn",
                "kmsKeyArn",
                "name",
                "productionVariants",
                "shadowProductionVariants",
            }
        ),
        tagging=_TAGGING,
    ),
    Row(
        type="aws:sagemaker/endpoint:Endpoint",
        served_by="ours",
        service="sagemaker",
        schema="AWS::SageMaker::Endpoint",
        keys={"EndpointName": "name", "ResourceArn": "arn"},
        id="{name}",
        create=Call("create_endpoint"),
        update=(Call("update_endpoint", properties=frozenset({"endpointConfigName", "deploymentConfig"})),),
        read=(Read("describe_endpoint", renames={"deploymentConfig": "LastDeploymentConfig"}),),
        delete=Call("delete_endpoint"),
        outputs={"arn": "EndpointArn"},
        # One renamed rollback alarm replaces a live endpoint: the reason why Rollout, not Pulumi, updates it.
        replace=frozenset({"name", "deploymentConfig.autoRollbackConfiguration"}),
        tagging=_TAGGING,
        wait=Wait(
            "EndpointStatus",
            ready=frozenset({"InService"}),
            failed=frozenset({"Failed", "UpdateRollbackFailed", "OutOfService"}),
            reason="FailureReason",
            gone=True,
        ),
    ),
    Row(
        type="aws:sagemaker/pipeline:Pipeline",
        served_by="ours",
        service="sagemaker",
        schema="AWS::SageMaker::Pipeline",
        autoname=None,
        keys={"PipelineName": "pipelineName", "ResourceArn": "arn"},
        id="{pipelineName}",
        create=Call("create_pipeline"),
        update=(Call("update_pipeline"),),
        read=(Read("describe_pipeline"),),
        delete=Call("delete_pipeline"),
        outputs={"arn": "PipelineArn"},
        replace=frozenset({"pipelineName"}),
        tagging=_TAGGING,
        json=frozenset({"pipelineDefinition"}),
        unread=frozenset({"pipelineDefinitionS3Location"}),
    ),
)
