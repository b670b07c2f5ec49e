"""How a new version reaches users, and what happens when it is bad."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from catalog.admission import DEPLOYER
from catalog.computed import COMPUTED
from takeoff.preview.previewed import Step
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at, listed

_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
_BY_CONTENT = re.compile(r"/[0-9a-f]{64}/")
_BY_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def rollback(view: View) -> Found:
    """Alarms watch the new fleet of every variant, and the plan of the endpoint names them."""
    if view.config is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    alarms = [alarm for alarm in view.mine(_ALARM) if at(alarm, "dimensions.EndpointConfigName")]
    if not alarms:
        return Found(False, "no alarm watches a new fleet, so a bad release stays")
    bare = sorted(set(_variants(view.config)) - {at(alarm, "dimensions.VariantName") for alarm in alarms})
    if bare:
        return Found(False, f"no alarm watches the new fleet of {', '.join(bare)}")
    if view.wish and not view.wish["plan"]["alarms"]:
        return Found(False, "the alarms on the new fleet are not those of the endpoint's plan")
    kind = view.wish["plan"]["kind"] if view.wish else "its plan"
    return Found(True, f"{kind}, returned by {_count(len(alarms), 'alarm')} on the new fleet")


def _rollback_lines(view: View) -> Mapping[str, Any]:
    """What the entry has of a plan stays; two minutes are the least in which an alarm can go off."""
    there = view.entry.get("deployment") or {}
    wait = "stepMinutes" if there.get("plan") == "rolling" else "bakeMinutes"
    return view.for_model(deployment={wait: max(there.get(wait, 0), 5), "rollback": {"errorPercent": 1}})


def trial(view: View) -> Found:
    """A new version meets real requests before it is approved: as a candidate with a share, or as a shadow."""
    if view.config is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    if analysis := view.entry.get("analysis"):
        return Found(True, f"Rollout tries every new version: {analysis.get('plan', 'canary')}")
    shadows = listed(at(view.config, "shadowProductionVariants"))
    variants = _variants(view.config)
    if shadows:
        return Found(True, f"shadow {at(view.config, 'shadowProductionVariants.0.variantName')}")
    if len(variants) > 1:
        return Found(True, f"variants {', '.join(variants)}")
    return Found(False, "new versions meet no real request before they serve (the lines need a second version)")


def _trial_lines(view: View) -> Mapping[str, Any]:
    type_ = view.entry["variants"][0]["instanceType"]
    return view.for_model(shadow={"version": "candidate", "instanceType": type_, "percent": 20})


def approval(view: View) -> Found:
    """An approved version of the model is admitted, which starts a deployment, and nothing else brings one."""
    groups = {at(group, "modelPackageGroupName") for group in view.mine(_GROUP)}
    rules = [rule for rule in view.all("aws:cloudwatch/eventRule:EventRule") if groups & _approvals(rule)]
    names = {at(rule, "name") for rule in rules} | {COMPUTED}
    targets = [step for step in view.all("aws:cloudwatch/eventTarget:EventTarget") if at(step, "rule") in names]
    functions = view.all("aws:lambda/function:Function")
    if not (rules and targets):
        return Found(False, "an approval starts nothing: versions are deployed by hand")
    if not any(at(function, f"environment.variables.{DEPLOYER}") for function in functions):
        return Found(False, "an approval admits a version, which is deployed by hand")
    return Found(True, "an approval starts the deployer")


def _approvals(rule: Step) -> set[str]:
    """The package groups whose approvals a rule hears of."""
    text = str(at(rule, "eventPattern"))
    if "SageMaker Model Package State Change" not in text:
        return set()
    return set(listed(json.loads(text)["detail"].get("ModelPackageGroupName")))


def _approval_lines(view: View) -> Mapping[str, Any]:
    """Bootstrap prints the role and the state bucket of the account."""
    deployer = {
        "repository": "https://github.com/example/takeoff",
        "role": "arn:aws:iam::123456789012:role/takeoff-bootstrap-deployer",
        "state": "s3://takeoff-bootstrap-state-123456789012",
    }
    return {
        "takeoff:registry": dict(view.block("registry")),
        "takeoff:deployer": {**deployer, **view.block("deployer")},
    }


def lineage(view: View) -> Found:
    """Versions are registered, and artifacts and images are named by what is in them."""
    if not view.mine(_GROUP):
        return Found(False, "versions are in no registry")
    containers = [at(model, "primaryContainer") or {} for model in view.mine("aws:sagemaker/model:Model")]
    if not containers:
        return Found(None, f"no version is deployed; next: {view.due}")
    images = [str(each.get("image")) for each in containers]
    artifacts = [str(each.get("modelDataUrl")) for each in containers if each.get("mode") != "MultiModel"]
    if COMPUTED in [*images, *artifacts]:
        return Found(None, "image or artifact is known after the deployment")
    loose = [image for image in images if not _BY_DIGEST.search(image)]
    loose += [artifact for artifact in artifacts if not _BY_CONTENT.search(artifact)]
    if loose:
        return Found(False, f"not named by content: {', '.join(sorted(set(loose)))}")
    return Found(True, "registry, artifacts by content, images by digest")


def _lineage_lines(view: View) -> Mapping[str, Any]:
    return {"takeoff:registry": dict(view.block("registry"))}


def capacity(view: View) -> Found:
    """Every variant outlives the loss of an instance: two or more, or as many as autoscaling finds right."""
    if view.config is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    scaled = {str(at(target, "resourceId")) for target in view.mine("aws:appautoscaling/target:Target")}
    alone = [name for name in _variants(view.config) if _instances(view, name) < 2 and not _scaled(name, scaled)]
    if alone:
        return Found(False, f"one instance and no autoscaling: {', '.join(alone)}")
    return Found(True, "every variant is scaled or has two instances")


def _capacity_lines(view: View) -> Mapping[str, Any]:
    variants = [
        each if each.get("scaling") else {**each, "instances": max(each.get("instances", 1), 2)}
        for each in view.entry["variants"]
    ]
    return view.for_model(variants=variants)


def protection(view: View) -> Found:
    """The engine refuses to replace or delete the endpoint and whatever holds data."""
    kinds = ("aws:s3/bucket:Bucket", "aws:kms/key:Key")
    held = [step for kind in kinds for step in view.all(kind)] + ([view.endpoint] if view.endpoint else [])
    bare = [step.name for step in held if not step.protect]
    if bare:
        return Found(False, f"not protected: {', '.join(bare)}")
    return Found(True, f"{'endpoint, ' if view.endpoint else ''}buckets and keys are protected")


def _variants(config: Step) -> list[str]:
    return [str(each["variantName"]) for each in listed(at(config, "productionVariants"))]


def _instances(view: View, variant: str) -> int:
    """A variant's instances: as wished, since a config keeps the count that it was born with."""
    shares = view.wish.get("variants") or {view.wish.get("variant"): view.wish}
    wished = shares.get(variant, {}).get("instances")
    born = next(
        each.get("initialInstanceCount")
        for each in listed(at(view.config, "productionVariants") if view.config else None)
        if each["variantName"] == variant
    )
    count = wished or born
    return count if isinstance(count, int) else 0


def _scaled(variant: str, targets: set[str]) -> bool:
    """Whether a target of autoscaling is the variant's; one whose endpoint has no name yet may be."""
    return any(target == COMPUTED or target.endswith(f"/variant/{variant}") for target in targets)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


ROWS = (
    Row(name="rollback guardrail", group="Release", look=rollback, lines=_rollback_lines),
    Row(name="candidate or shadow", group="Release", look=trial, lines=_trial_lines),
    Row(name="approval gate", group="Release", pods=True, look=approval, lines=_approval_lines),
    Row(name="lineage", group="Release", look=lineage, lines=_lineage_lines),
    Row(name="spare instances", group="Release", look=capacity, lines=_capacity_lines),
    Row(name="protection", group="Release", pods=True, look=protection, lines=lambda _: {"takeoff:protect": True}),
)
