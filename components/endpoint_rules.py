"""What SageMaker refuses about an endpoint, said before it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from catalog.candidates import Candidates
from catalog.desired import Desired
from catalog.instance_types import family
from catalog.plan import refusals

if TYPE_CHECKING:
    from components.model_endpoint_args import ModelEndpointArgs

# The environment variable by which a container learns which version it serves.
VERSION_VARIABLE = "TAKEOFF_MODEL_VERSION"
# What Rollout calls the variant of a version that it tries beside the live one, and the one that only listens.
TRIED, LISTENS = "candidate", "shadow"


def mistakes(args: ModelEndpointArgs) -> list[str]:
    """Every rule that the arguments break, as `field: got …; allowed: …`."""
    found = list(_serving(args))
    if found:
        return found
    return [line for rule in (_shadow, _mode, _scaling, _analysis, _plan, _guardrails, _change) for line in rule(args)]


def _serving(args: ModelEndpointArgs) -> Iterator[str]:
    total = sum(variant.traffic for variant in args.variants)
    if total != 100:
        yield f"traffic: got shares that sum to {total}; allowed: 100 over all variants"
    if "@sha256:" not in args.image:
        yield f"image: got {args.image!r}; allowed: an image URI that names its digest"
    else:
        try:
            image_repository(args.image)
        except ValueError as error:
            yield str(error)
    names = [each.name for each in (*args.variants, *((args.shadow,) if args.shadow else ()))]
    if len(set(names)) != len(names):
        yield f"variants: got names {names}; allowed: a name of its own for each, the shadow too"
    if VERSION_VARIABLE in args.environment:
        yield f"environment: got {VERSION_VARIABLE}; allowed: any other name, since this one tells the version"


def _shadow(args: ModelEndpointArgs) -> Iterator[str]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html"""
    if args.shadow is None:
        return
    if len(args.variants) != 1:
        yield f"shadow: got {len(args.variants)} production variants beside it; allowed: exactly one"
    if args.mode != "realtime":
        yield f"shadow: got mode {args.mode}; allowed: a shadow of a realtime endpoint only"
    if _inferentia1(args):
        yield f"shadow: got {_inferentia1(args)}; allowed: any instances but ml.inf1"


def _mode(args: ModelEndpointArgs) -> Iterator[str]:
    later = args.mode == "async"
    if later != (args.asynchronous is not None):
        yield f"asynchronous: got mode {args.mode} {'without' if later else 'with'} it; allowed: it, with mode async"
    if later and args.capture:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html: realtime endpoints and batch.
        yield "capture: got mode async; allowed: none, since its requests and answers are in S3 already"


def _scaling(args: ModelEndpointArgs) -> Iterator[str]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html"""
    scaled = {variant.name: variant.scaling for variant in args.variants if variant.scaling}
    for name, scaling in scaled.items():
        where = f"variants.{name}.scaling"
        if args.mode == "async":
            if scaling.invocations_per_instance is not None:
                yield f"{where}: got invocations_per_instance; allowed: backlog_per_instance with mode async"
            if len(args.variants) > 1:
                yield f"{where}: got {len(args.variants)} variants; allowed: one, since a backlog is an endpoint's"
            continue
        if scaling.backlog_per_instance is not None:
            yield f"{where}: got backlog_per_instance; allowed: invocations_per_instance with mode {args.mode}"
        if scaling.to_zero:
            yield f"{where}: got a minimum of 0 instances; allowed: 1 or more but with mode async"


def _analysis(args: ModelEndpointArgs) -> Iterator[str]:
    """What Rollout could not try: it makes configs of two production variants, or of one and a shadow."""
    analysis = args.analysis
    if analysis is None:
        if args.other or args.pinned:
            yield "other: got a second version or a pin; allowed: with analysis only"
        return
    if len(args.variants) != 1 or args.shadow:
        got = f"{len(args.variants)} variants{' and a shadow' if args.shadow else ''}"
        yield f"analysis: got {got}; allowed: one variant, beside which Rollout puts what it tries"
        return
    if args.mode != "realtime":
        yield f"analysis: got mode {args.mode}; allowed: realtime"
    if args.variants[0].name in (TRIED, LISTENS):
        yield f"variants: got the name {args.variants[0].name} with analysis; allowed: any other, which is Rollout's"
    if analysis.alarms:
        yield f"analysis.alarms: got {list(analysis.alarms)}; allowed: none, since they are made from rollback"
    shares = [step.percent for step in analysis.steps]
    if not shares or shares != sorted(set(shares)) or not (shares[0] > 0 and shares[-1] < 100):
        yield f"analysis.steps: got {shares} percent; allowed: shares that rise, each of 1 to 99"
    if analysis.shadow and _inferentia1(args):
        yield f"analysis.shadow: got {_inferentia1(args)}; allowed: any instances but ml.inf1"


def _plan(args: ModelEndpointArgs) -> Iterator[str]:
    if args.plan.alarms:
        yield f"plan.alarms: got {list(args.plan.alarms)}; allowed: none, since they are made from rollback"
    names = args.rollback.names(args.model, [variant.name for variant in args.variants]) if args.rollback else []
    whole = replace(args.plan, alarms=tuple(names))
    for refusal in refusals(whole, [variant.fewest for variant in args.variants]):
        yield f"plan.{refusal.field}: got {refusal.got}; allowed: {refusal.allowed}"


def _guardrails(args: ModelEndpointArgs) -> Iterator[str]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html"""
    if (args.plan.kind != "all-at-once" or args.rollback) and _inferentia1(args):
        yield f"plan: got guardrails on {_inferentia1(args)}; allowed: all-at-once without rollback on ml.inf1"
    watch = "step_seconds" if args.plan.kind == "rolling" else "bake_seconds"
    if args.rollback and getattr(args.plan, watch) < args.rollback.seconds:
        got, needed = getattr(args.plan, watch), args.rollback.seconds
        yield f"plan.{watch}: got {got}; allowed: {needed} or more, or no rollback alarm can go off in time"


def _change(args: ModelEndpointArgs) -> Iterator[str]:
    """What the step from the last wish to this one may not be.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    if args.previous is None:
        return
    before, after = _counts(args.previous), {variant.name: variant for variant in args.variants}
    if args.plan.kind != "all-at-once" and set(before) != set(after):
        change = f"from variants {sorted(before)} to {sorted(after)}"
        yield f"plan.kind: got {args.plan.kind} {change}; allowed: all-at-once for this change, or the same names"
    for name in sorted(set(after) - set(before)):
        if after[name].scaling:
            yield f"variants.{name}.scaling: got it for a new variant; allowed: once Rollout has added the variant"
    for name in sorted(set(before) - set(after)):
        if before[name] is None:
            yield f"variants: got none named {name}, which is scaled; allowed: take its scaling away first"


def _counts(previous: Desired | Candidates) -> dict[str, int | None]:
    """The production variants of the last wish and their counts; None where autoscaling owned one."""
    if isinstance(previous, Desired):
        return {name: share.instances for name, share in previous.variants.items()}
    return {previous.variant: previous.instances}


def image_repository(image: str) -> tuple[str, str, str]:
    """The account, region and name of an image's ECR repository. Raises ValueError for an image that is elsewhere."""
    found = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)", image)
    if found is None:
        raise ValueError(f"image: got {image!r}; allowed: an image in ECR, which is where SageMaker pulls from")
    return found[1], found[2], found[3]


def _inferentia1(args: ModelEndpointArgs) -> str:
    """The first instance type of a family that guardrails and shadows leave out."""
    return next((each for each in args.instance_types if family(each) == "inf1"), "")
