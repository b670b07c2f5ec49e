"""What keeps one model fit by itself: its training pipeline, its drift monitor, its experiment."""

from __future__ import annotations

import pulumi

from components.drift_monitor import DriftMonitor
from components.drift_monitor_args import Aim, DriftMonitorArgs, RetrainingTarget
from components.experiment import Experiment, ExperimentArgs
from components.fairness import Fairness
from components.model_endpoint import ModelEndpoint
from components.training_pipeline import TrainingPipeline, definition_of
from components.training_pipeline_args import TrainingPipelineArgs
from infra import config as keys
from infra.account import Facts
from infra.foundation import Foundation
from model_code.contract import ModelSpec, Spec


def train(
    shared: Foundation, name: str, model: keys.Model, spec: Spec, facts: Facts, group: pulumi.Input[str]
) -> TrainingPipeline | None:
    """Declare how a model is retrained, as soon as it has an image: its first version comes from there, too."""
    block, image = model.training, model.image or facts.image
    if not block or not shared.retraining or not image:
        return None
    lake, spent = shared.lake, ("budget", name) if model.monthly_budget else ("budget",)
    args = TrainingPipelineArgs(
        model=name,
        code=model.code,
        owner=model.owner,
        risk=model.risk,
        definition=definition_of(model.code),
        image=image,
        group=group,
        instance_type=block.instance_type,
        instances=block.instances,
        algorithm=block.algorithm,
        approval=block.approval,
        criteria=model.success_criteria,
        margins=block.margins,
        columns=block.columns,
        data_version=block.data_version or "",
        cooldown_minutes=block.cooldown_minutes,
        monthly_runs=block.monthly_runs,
        schedule=block.schedule or "",
        budget=shared.site.name(*spent, limit=100) if shared.config.budget else "",
        fairness=_fairness(model, spec),
        key=lake.key,
        features=shared.features,
        models=lake.models,
        retraining=shared.retraining,
        placement=shared.placement,
    )
    return TrainingPipeline(name, shared.site, args, opts=shared.opts)


def watch(
    shared: Foundation, name: str, model: keys.Model, spec: Spec, facts: Facts, hosted: ModelEndpoint
) -> DriftMonitor | None:
    """Declare who looks whether a model still fits what it is asked, and what an alarm starts."""
    block, lake = model.monitor, shared.lake
    if not block or not shared.monitoring or not lake.captures:
        return None
    retraining = shared.retraining if block.retrain else None
    args = DriftMonitorArgs(
        model=name,
        code=model.code,
        owner=model.owner,
        endpoint=hosted.endpoint.name,
        image=model.image or facts.image,
        instance_type=block.instance_type,
        schedule=block.schedule,
        period_seconds=block.period_seconds,
        false_alarms_per_month=block.false_alarms_per_month,
        outcome_hours=block.outcome_hours,
        variants=[variant.name for variant in model.variants],
        monitoring=shared.monitoring,
        captures=lake.captures,
        features=shared.features,
        key=lake.key,
        alerts=shared.alerts,
        spark=shared.spark if block.engine == "emr-serverless" else None,
        fairness=_fairness(model, spec),
        kpis=[Aim(name=kpi.name, target=kpi.target, direction=kpi.direction) for kpi in model.kpis],
        retraining=RetrainingTarget(
            state_machine_arn=retraining.state_machine.arn, role_arn=retraining.start_role("events.amazonaws.com")
        )
        if retraining
        else None,
    )
    return DriftMonitor(name, shared.site, args, opts=shared.opts)


def compare(shared: Foundation, name: str, model: keys.Model, hosted: ModelEndpoint) -> Experiment | None:
    """Declare an experiment between the endpoint's variants."""
    block = model.experiment
    if not block:
        return None
    args = ExperimentArgs(
        model=name,
        owner=model.owner,
        experiment=block.declaration(),
        since=block.allocations[-1].since,
        window_seconds=60 * block.window_minutes,
        schedule=block.schedule,
        log=shared.features,
        key=shared.lake.key,
        rollout=shared.rollout.state_machine.arn,
        desired=hosted.desired.name,
    )
    return Experiment(name, shared.site, args, opts=shared.opts)


def _fairness(model: keys.Model, spec: Spec) -> Fairness | None:
    """The groups that must be treated alike; raises ValueError for a class that the model does not have."""
    fair = model.fairness
    if not fair:
        return None
    classes = spec.inputs.classes if isinstance(spec, ModelSpec) else ()
    if fair.favoured not in classes:
        raise ValueError(f"fairness.favoured: got {fair.favoured!r}; allowed: {', '.join(classes)}")
    return Fairness(favoured=fair.favoured, groups=fair.groups, limits=fair.bounds())
