"""Rules on instances of endpoints: types that a region has, and bounds of scaling that are neither low nor absurd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from catalog.instance_types import hosting_types, refusal
from policies import endpoints
from policies.declared import Declared, Graph, UnknownError, given, known
from policies.endpoints import CONFIG
from policies.nested import apart
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_SCALED = "aws:appautoscaling/target:Target"
_SCHEDULED = "aws:appautoscaling/scheduledAction:ScheduledAction"
_PROVIDER = "pulumi:providers:aws"
_COUNT = "sagemaker:variant:DesiredInstanceCount"


def _instances(graph: Graph, settings: Settings) -> Iterator[Broken]:
    """Variants that may grow beyond a number of instances: a bound too high by a zero shows on the bill alone."""
    yield from apart(graph.of(CONFIG, _SCALED, _SCHEDULED), lambda each: _crowds(each, settings["instances"]))


def _crowds(resource: Declared, most: float) -> Iterator[Broken]:
    if resource.type == CONFIG:
        counts = [row.get("initialInstanceCount") for row in endpoints.variants(resource)]
    else:
        path = "maxCapacity" if resource.type == _SCALED else "scalableTargetAction.maxCapacity"
        scaled = known(resource.at("scalableDimension"), "scalableDimension") == _COUNT
        counts = [resource.at(path)] if scaled else []
    largest = max((known(count, "instance count") or 0 for count in counts), default=0)
    if largest > most:
        yield Broken(resource, f"{largest:g} instances")


def _types(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Hosting types that AWS's published schemas do not have in the region.

    The region is the resource's, or that of the stack's providers; of several, one that has the type is enough.
    Raises UnknownError without any.
    """
    regions = sorted(
        {str(known(each.at("region"), "region")) for each in graph.of(_PROVIDER) if given(each.at("region"))}
    )
    yield from apart(graph.of(CONFIG), lambda config: _missing(config, regions))


def _missing(config: Declared, regions: Sequence[str]) -> Iterator[Broken]:
    own = known(config.at("region"), "region")
    where = [str(own)] if own else regions
    if not where:
        raise UnknownError("region")
    for row in endpoints.variants(config):
        if given(row.get("instanceType")):
            name = str(known(row.get("instanceType"), "instanceType"))
            refused = [_refused(name, region) for region in where]
            if all(refused):
                yield Broken(config, f"{name} for {row.get('variantName')}, not among {refused[0]}")


def _refused(instance_type: str, region: str) -> str | None:
    if not hosting_types(region):
        return f"the hosting types of {region}, of which the catalog knows none"
    return refusal(instance_type, region)


def _floor(graph: Graph, settings: Settings) -> Iterator[Broken]:
    """Scaled variants that may fall to fewer instances than AWS asks at the start, at any hour.

    Asynchronous endpoints are free to: their requests wait.
    """
    later = [each for each in graph.of(CONFIG) if given(each.at("asyncInferenceConfig"))]
    waiting = {f"endpoint/{each.at('name')}" for config in later for each in endpoints.served_by(graph, config)}
    yield from apart(graph.of(_SCALED, _SCHEDULED), lambda each: _low(each, waiting, settings["least"]))


def _low(resource: Declared, waiting: set[str], floor: float) -> Iterator[Broken]:
    at = "" if resource.type == _SCALED else "scalableTargetAction."
    least, most = (known(resource.at(at + key), at + key) for key in ("minCapacity", "maxCapacity"))
    if least is None and resource.type == _SCHEDULED:
        return  # the action leaves the lower bound as it is
    low = not isinstance(least, int | float) or least < floor
    crossed = not low and isinstance(most, int | float) and most < least
    if not (low or crossed) or known(resource.at("scalableDimension"), "scalableDimension") != _COUNT:
        return
    if str(known(resource.at("resourceId"), "resourceId")).partition("/variant/")[0] in waiting:
        return
    got = f"maxCapacity {most} below minCapacity {least}" if crossed else f"minCapacity {least}"
    yield Broken(resource, got)


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.9",
        name="takeoff-9-instance-cap",
        severity="medium",
        frameworks=(OWN,),
        title="A variant grows to no more instances than its cap",
        allowed="at most `instances` at the start, and as maxCapacity at every hour",
        fix="a lower `scaling.maximum` or `instances`; or raise `instances` in the policy configuration",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/regions-quotas.html",
        types=(CONFIG, _SCALED, _SCHEDULED),
        check=_instances,
        settings={"instances": 20},
    ),
    StackRule(
        control="Takeoff.10",
        name="takeoff-10-instance-type-exists-in-the-region",
        severity="medium",
        frameworks=(OWN,),
        title="Endpoints ask for instance types that their region has",
        allowed="a hosting type of the region, from AWS's published resource schemas (catalog/instance_types.py)",
        fix="another `instanceType` of the variant in the stack file",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html",
        types=(CONFIG,),
        check=_types,
    ),
    StackRule(
        control="Takeoff.35",
        name="takeoff-35-scaling-keeps-two-instances",
        severity="medium",
        frameworks=(OWN,),
        title="Scaled variants keep instances in two zones at every hour",
        allowed="minCapacity of `least` or more, in scheduled actions too; asynchronous endpoints may go lower",
        fix="`scaling.minimum: 2`, and `minimum: 2` in each entry of `scaling.schedule`",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html",
        types=(_SCALED, _SCHEDULED),
        check=_floor,
        settings={"least": 2},
    ),
)
