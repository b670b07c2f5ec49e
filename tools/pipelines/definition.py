"""The training pipeline, written with the SageMaker SDK: needs the environment of tools/pipelines/environment.py.

Validate, Train, Evaluate, Bias, Compare and Decide run one after the other, so that nothing is paid for once a gate has
stopped. Then three conditions read Decide's verdict: Amazon SageMaker takes no condition within another
(https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html), and the approval of a version must
be one of two words, which a file's word cannot stand for.
"""

from __future__ import annotations

from sagemaker.core.workflow.conditions import ConditionEquals, ConditionIn
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from tools.pipelines.package_card import package_card
from tools.pipelines.parameters import PARAMETERS, under
from tools.pipelines.steps import gate, register, train

VERDICT = PropertyFile(name="verdict", output_name="decide", path="verdict.json")


def definition(code: str, description: str, session: PipelineSession) -> str:
    """The pipeline's JSON as the SDK writes it, for the model of a folder, which is described so."""
    validate = gate(session, "Validate", ["settings", "data", "baseline"], reports="data")
    training = train(session, after=validate)
    artifact = training.properties.ModelArtifacts.S3ModelArtifacts
    card = package_card(code, artifact=artifact, job=training.properties.TrainingJobArn)
    evaluate = gate(session, "Evaluate", ["settings", "data"], artifact, after=training)
    bias = gate(session, "Bias", ["settings", "data"], artifact, after=evaluate)
    compare = gate(session, "Compare", ["settings", "data", "live"], artifact, after=bias)
    decide = gate(session, "Decide", ["settings", "reports"], artifact, after=compare, files=[VERDICT])
    outcome = JsonGet(step_name=decide.name, property_file=VERDICT, json_path="outcome")
    approve = ConditionStep(
        name="Approve",
        conditions=[ConditionEquals(left=outcome, right="approve")],
        if_steps=[register(session, "RegisterApproved", "Approved", description, card, artifact)],
    )
    ask = ConditionStep(
        name="Ask",
        conditions=[ConditionEquals(left=outcome, right="ask")],
        if_steps=[register(session, "RegisterPending", "PendingManualApproval", description, card, artifact)],
    )
    place = Join(on="", values=["refused by the gates; the reasons are in ", under("output/decide/verdict.json")])
    refuse = ConditionStep(
        name="Refuse",
        conditions=[ConditionIn(value=outcome, in_values=["approve", "ask"])],
        else_steps=[FailStep(name="Refused", error_message=place)],
    )
    steps = [validate, training, evaluate, bias, compare, decide, approve, ask, refuse]
    pipeline = Pipeline(
        name="training",
        parameters=PARAMETERS,
        # Experiments are not used: what a run was made of is in the registry and in the run's folder.
        pipeline_experiment_config=None,
        steps=steps,
        sagemaker_session=session,
    )
    return str(pipeline.definition())
