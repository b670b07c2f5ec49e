"""One model: its image, registry, endpoint, dashboard and batch runs, as far as the account is."""

from __future__ import annotations

import shlex
from typing import Any

import pulumi

from catalog.training import first_training, slots
from components.asynchronous import AsyncOutput
from components.batch_inference import BatchInference, BatchInferenceArgs
from components.capture import Capture
from components.cluster import Cluster
from components.model_endpoint import ModelEndpoint
from components.model_endpoint_args import ModelEndpointArgs
from components.model_image import ModelImage, ModelImageArgs
from components.model_registry import ModelRegistry, ModelRegistryArgs
from components.rollback import Rollback
from components.scaling import Scaling, ScheduledCount
from components.service_dashboard import ServiceDashboard, ServiceDashboardArgs
from components.variant import Shadow, Variant
from components.workload_role import WorkloadRole, WorkloadRoleArgs
from infra import config as keys
from infra import loop, workloads
from infra.account import Facts
from infra.config import ConfigError
from infra.foundation import Foundation
from model_code.contract import Spec, TextSpec, VersionRecord, any_spec


def declare(shared: Foundation, name: str, model: keys.Model, facts: Facts) -> dict[str, Any]:
    """Declare one model, or as much of it as the account is ready for. Returns its entry in the outputs.

    Raises ConfigError for what only the account shows to be wrong, such as a step from the last release that
    SageMaker refuses.
    """
    spec = any_spec(model.code)
    try:
        return _declare(shared, name, model, spec, facts)
    except ValueError as error:
        where = f"fix it in stacks/Pulumi.{shared.site.stack}.yaml"
        raise ConfigError(f"takeoff:models.{name}: {str(error).removeprefix(f'{name}: ')}; {where}") from error


def _declare(shared: Foundation, name: str, model: keys.Model, spec: Spec, facts: Facts) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "code": model.code,
        "owner": model.owner,
        "traffic": model.traffic,
        "versions": model.versions(),
        **({"serving": model.serving} if model.serving != "endpoint" else {}),
        **model.purpose(),
    }
    entry |= _image(shared, name, model) if not (model.image or isinstance(spec, TextSpec)) else {}
    entry |= _registry(shared, name, model, spec) if shared.config.registry else {}
    if model.training:
        pipeline = loop.train(shared, name, model, spec, facts, entry["registry"])
        entry["training"] = pipeline.pipeline.pipeline_name if pipeline else ""
    if missing := due(name, model, spec, facts, shared.site.stack):
        pulumi.log.info(f"{name}: not deployed yet; next: {missing}")
        return {**entry, "next": missing}
    if model.on_kubernetes and shared.cluster:
        entry |= _workload(shared, name, model, shared.cluster)
    if model.pods:
        return entry
    args = _endpoint(shared, name, model, facts)
    hosted = ModelEndpoint(name, shared.site, args, opts=shared.opts)
    entry |= {"endpoint": hosted.endpoint.name, "desired": hosted.desired.name}
    if model.objective:
        _dashboard(shared, name, model, model.objective, hosted)
    if monitor := loop.watch(shared, name, model, spec, facts, hosted):
        entry["monitor"] = monitor.settings.name
    if experiment := loop.compare(shared, name, model, hosted):
        entry["experiment"] = experiment.prefix
    if model.batch:
        entry |= _batch(shared, name, model, model.batch, facts)
    return entry


def _workload(shared: Foundation, name: str, model: keys.Model, cluster: Cluster) -> dict[str, Any]:
    """What a model's pods need of AWS; the pods are the `-apps` sibling's, and would land where they are meant to."""
    workloads.prove(name, model, shared.config, shared.site.stack)
    block = shared.config.cluster
    args = WorkloadRoleArgs(
        model=name,
        owner=model.owner,
        cluster=(block.name if block else None) or shared.site.name("cluster"),
        ready=cluster.name,
        models=shared.lake.models,
        features=shared.lake.features if model.jobs else None,
    )
    return {"namespace": WorkloadRole(name, shared.site, args, opts=shared.opts).namespace}


def due(name: str, model: keys.Model, spec: Spec, facts: Facts, stack: str) -> str | None:
    """The next command for a model that the account has no image or version for; None when it can be deployed."""
    if isinstance(spec, TextSpec) and not model.image:
        return f"pulumi config set --stack {stack} --path takeoff:models.{name}.image IMAGE@sha256:DIGEST"
    if not (model.image or facts.image):
        return f"takeoff image build {name} --stack {stack}"
    if all(version in facts.versions for version in model.versions()):
        return None
    if isinstance(spec, TextSpec):
        return f"takeoff register {name} ARTIFACT --stack {stack}"
    commands = first_training(name, slots(model.versions()), pipeline=bool(model.training))
    return " && ".join(f"takeoff {shlex.join(command)} --stack {stack}" for command in commands)


def _image(shared: Foundation, name: str, model: keys.Model) -> dict[str, Any]:
    # A model on GPUs has an image of its own for them; see model_code/digits/Dockerfile.gpu.
    dockerfile = "Dockerfile" if model.accelerator == "none" else f"Dockerfile.{model.accelerator}"
    args = ModelImageArgs(
        model=name,
        code=model.code,
        dockerfile=dockerfile,
        owner=model.owner,
        sources=shared.lake.models,
        key=shared.lake.key,
        retain=shared.config.retain_data,
        placement=shared.placement,
    )
    image = ModelImage(name, shared.site, args, opts=shared.guarded)
    return {"project": image.project, "repository": image.repository_url, "dockerfile": dockerfile}


def _registry(shared: Foundation, name: str, model: keys.Model, spec: Spec) -> dict[str, Any]:
    args = ModelRegistryArgs(
        model=name,
        owner=model.owner,
        description=spec.description,
        key=shared.lake.key,
        risk=model.risk,
        aims=_aims(model),
        readers=shared.config.registry.readers if shared.config.registry else (),
    )
    return {"registry": ModelRegistry(name, shared.site, args, opts=shared.guarded).group}


def _aims(model: keys.Model) -> dict[str, str]:
    """What the model's card says of its aims: one line for each."""
    signs = {"at-least": "≥", "at-most": "≤"}
    kpis = {
        f"KPI {kpi.name}": f"{kpi.description}: {signs[kpi.direction]} {kpi.target:g} {kpi.unit}" for kpi in model.kpis
    }
    return kpis | {f"version's {name}": f"≥ {least:g}" for name, least in model.success_criteria.items()}


def _endpoint(shared: Foundation, name: str, model: keys.Model, facts: Facts) -> ModelEndpointArgs:
    lake, shadow, later, rollback = shared.lake, model.shadow, model.asynchronous, model.deployment.rollback
    return ModelEndpointArgs(
        model=name,
        owner=model.owner,
        image=model.image or facts.image,
        environment=model.environment,
        mode=model.mode,
        variants=[_variant(variant, model, facts) for variant in model.variants],
        shadow=Shadow(
            name=shadow.name,
            version=facts.versions[shadow.version],
            instance_type=shadow.instance_type,
            instances=shadow.instances,
            percent=shadow.percent,
        )
        if shadow
        else None,
        capture=Capture(percent=model.capture.percent, bucket=lake.captures, key=lake.key)
        if model.capture and lake.captures
        else None,
        asynchronous=AsyncOutput(bucket=lake.captures, concurrent=later.concurrent)
        if later and lake.captures
        else None,
        plan=model.deployment.to_plan(),
        rollback=Rollback(error_percent=rollback.error_percent, latency_ms=rollback.latency_ms) if rollback else None,
        placement=shared.placement,
        alerts=shared.alerts,
        models=lake.models,
        key=lake.key,
        rollout=shared.rollout,
        previous=facts.desired,
        analysis=model.analysis.normal() if model.analysis else None,
        other=_other(model, facts) if model.analysis else None,
        pinned=model.analysis is not None and model.variants[0].version != "approved",
        experiment=model.experiment.name if model.experiment else "",
    )


def _other(model: keys.Model, facts: Facts) -> VersionRecord | None:
    """The version that could take the live one's place: the candidate, or beside a pin of it the approved one."""
    live = facts.versions[model.variants[0].version]
    slots = (facts.versions.get(slot) for slot in ("candidate", "approved"))
    return next((record for record in slots if record and record.version != live.version), None)


def _variant(variant: keys.Variant, model: keys.Model, facts: Facts) -> Variant:
    scaling, instances = variant.scaling, variant.instances
    if scaling:
        # The count to begin with; from then on it is autoscaling's.
        instances = min(max(instances, scaling.minimum), scaling.maximum)
    return Variant(
        name=variant.name,
        version=facts.versions[variant.version],
        instance_type=variant.instance_type,
        instances=instances,
        traffic=model.traffic[variant.name],
        scaling=Scaling(
            minimum=scaling.minimum,
            maximum=scaling.maximum,
            invocations_per_instance=scaling.invocations_per_instance,
            backlog_per_instance=scaling.backlog_per_instance,
            schedule=[
                ScheduledCount(name=each.name, cron=each.cron, minimum=each.minimum, maximum=each.maximum)
                for each in scaling.schedule
            ],
        )
        if scaling
        else None,
    )


def _dashboard(
    shared: Foundation, name: str, model: keys.Model, objective: keys.Objective, hosted: ModelEndpoint
) -> None:
    args = ServiceDashboardArgs(
        model=name,
        owner=model.owner,
        endpoint=hosted.endpoint.name,
        variants=[variant.name for variant in model.variants],
        objective=objective.availability / 100,
        latency_ms=objective.latency_ms,
        alerts=shared.alerts,
    )
    ServiceDashboard(name, shared.site, args, opts=shared.opts)


def _batch(shared: Foundation, name: str, model: keys.Model, batch: keys.Batch, facts: Facts) -> dict[str, Any]:
    lake = shared.lake
    args = BatchInferenceArgs(
        model=name,
        owner=model.owner,
        image=model.image or facts.image,
        version=facts.versions[batch.version],
        instance_type=batch.instance_type,
        instances=batch.instances,
        schedule=batch.schedule,
        source=shared.features,
        source_prefix=name,
        output=shared.features,
        key=lake.key,
        models=lake.models,
        placement=shared.placement,
        alerts=shared.alerts,
        environment=model.environment,
    )
    return {"batch": BatchInference(name, shared.site, args, opts=shared.opts).state_machine.arn}
