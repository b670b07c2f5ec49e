"""The life of a pipeline's row."""

from __future__ import annotations

import json

from tests.local.providers.case import Case


def definition(said: str) -> str:
    """A definition that CreatePipeline takes: one step, which fails and says why."""
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": said}}
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step]})


CASES = {
    "aws:sagemaker/pipeline:Pipeline": Case(
        service="sagemaker",
        needs=lambda cloud: {
            "name": f"pipeline-{next(cloud.names)}",
            "role": cloud.role(),
            "role2": cloud.role(),
        },
        inputs={
            "pipelineName": "{name}",
            "pipelineDisplayName": "Training",
            "pipelineDefinition": definition("first"),
            "roleArn": "{role}",
            "tags": {"team": "a"},
        },
        changed={"pipelineDefinition": definition("second"), "roleArn": "{role2}"},
        replaced={"pipelineName": "another"},
        seen={
            "pipelineDefinition": lambda client, s: client.describe_pipeline(PipelineName=s["id"])[
                "PipelineDefinition"
            ],
            "roleArn": lambda client, s: client.describe_pipeline(PipelineName=s["id"])["RoleArn"],
        },
        elsewhere=lambda client, s: client.update_pipeline(
            PipelineName=s["id"], PipelineDefinition=definition("theirs")
        ),
        drifts="pipelineDefinition",
        deleted=lambda client, s: client.delete_pipeline(PipelineName=s["id"]),
    ),
}
