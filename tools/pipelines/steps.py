"""The steps of a pipeline: gates, training, and a version's registration. Needs the SageMaker SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.model_registry import create_model_package_from_containers
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    Channel,
    DataSource,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    S3DataSource,
    StoppingCondition,
)
from sagemaker.core.training.configs import Compute, Networking
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.steps import ProcessingStep, Step, TrainingStep
from sagemaker.train.model_trainer import ModelTrainer

from tools.pipelines.parameters import (
    ALGORITHM,
    ARTIFACTS,
    COMMIT,
    COUNT,
    GROUP,
    IMAGE,
    KEY,
    KIND,
    MODEL,
    ROLE,
    RUN,
    TRAINS_ON,
    VERSION,
    under,
)
from tools.pipelines.session import NOBODY

FOLDER = "/opt/ml/processing"
GATE_SECONDS = 3600
TRAINING_SECONDS = 6 * 3600
VOLUME_GB = 30


class Trainer(ModelTrainer):  # type: ignore[misc]
    """A ModelTrainer whose role may be the pipeline's parameter, which the SDK's own takes as text alone."""

    role: Any = None


def gate(
    session: PipelineSession,
    name: str,
    inputs: Sequence[str],
    artifact: Any = None,
    *,
    after: Step | None = None,
    reports: str = "",
    files: Sequence[PropertyFile] = (),
) -> ProcessingStep:
    """`gate <name>` in the model's image: reads of the run's folder, and the artifact where there is one.

    What it writes goes to output/`reports`, which is the gate's own name in its report.
    """
    sources: dict[str, Any] = {one: under("output" if one == "reports" else f"input/{one}") for one in inputs}
    if artifact is not None:
        sources["model"] = artifact
    processor = Processor(
        role=ROLE,
        image_uri=IMAGE,
        instance_count=1,
        instance_type=KIND,
        volume_size_in_gb=VOLUME_GB,
        volume_kms_key=KEY,
        output_kms_key=KEY,
        max_runtime_in_seconds=GATE_SECONDS,
        sagemaker_session=session,
        network_config=NetworkConfig(enable_network_isolation=True, encrypt_inter_container_traffic=True),
    )
    arguments = processor.run(
        inputs=[_input(one, source) for one, source in sources.items()],
        outputs=[_output(reports or name.lower())],
        arguments=["gate", name.lower()],
    )
    return ProcessingStep(
        name=name, step_args=arguments, depends_on=[after] if after else None, property_files=list(files)
    )


def _input(name: str, source: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=source,
            local_path=f"{FOLDER}/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )


def _output(gate: str) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=gate,
        s3_output=ProcessingS3Output(
            s3_uri=under(f"output/{gate}"), local_path=f"{FOLDER}/output", s3_upload_mode="EndOfJob"
        ),
    )


def train(session: PipelineSession, after: Step) -> TrainingStep:
    """`train` in the model's image, on the run's data."""
    data = S3DataSource(
        s3_uri=under("input/data"), s3_data_type="S3Prefix", s3_data_distribution_type="FullyReplicated"
    )
    trainer = Trainer(
        role=NOBODY,
        sagemaker_session=session,
        base_job_name="train",
        training_image=IMAGE,
        compute=Compute(
            instance_type=TRAINS_ON, instance_count=COUNT, volume_size_in_gb=VOLUME_GB, volume_kms_key_id=KEY
        ),
        networking=Networking(enable_network_isolation=True, enable_inter_container_traffic_encryption=True),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=TRAINING_SECONDS),
        output_data_config=OutputDataConfig(s3_output_path=ARTIFACTS, kms_key_id=KEY),
        input_data_config=[Channel(channel_name="training", data_source=DataSource(s3_data_source=data))],
        hyperparameters={"algorithm": ALGORITHM},
    )
    # Looked up by name when it is given to the constructor, which a parameter cannot be.
    trainer.role = ROLE
    return TrainingStep(name="Train", step_args=trainer.train(), depends_on=[after])


def register(
    session: PipelineSession, name: str, status: str, description: str, card: dict[str, Any], artifact: Any
) -> ModelStep:
    """A version of the model's package group, with its card. Its metadata ties run, data, commit and image together."""
    metrics = ModelMetrics(
        model_statistics=MetricsSource(
            content_type="application/json", s3_uri=under("output/evaluate/report-evaluate.json")
        ),
        bias=MetricsSource(content_type="application/json", s3_uri=under("output/bias/report-bias.json")),
    )
    session.init_model_step_arguments(_Registered(session))
    arguments = create_model_package_from_containers(
        session,
        containers=[{"Image": IMAGE, "ModelDataUrl": artifact}],
        content_types=["text/csv", "application/json"],
        response_types=["application/json"],
        model_package_group_name=GROUP,
        model_metrics=metrics._to_request_dict(),
        approval_status=status,
        description=description,
        model_card=card,
        customer_metadata_properties={
            "model": MODEL,
            "run": RUN,
            "data": VERSION,
            "commit": COMMIT,
            "image": IMAGE,
        },
    )
    session.context = None
    return ModelStep(name=name, step_args=arguments)


class _Registered:
    """What a ModelStep asks of a model: the session that its request was made in."""

    def __init__(self, session: PipelineSession) -> None:
        self.sagemaker_session = session
