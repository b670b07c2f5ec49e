"""Where things are: in the regions that were agreed on, whatever an ARN, an image or a provider says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import home
from policies.declared import Declared, Graph, known
from policies.links import each
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_PROVIDER: Final = "pulumi:providers:aws"


def _here(graph: Graph, settings: Settings) -> Iterator[Broken]:
    own = home.region(graph)
    allowed = set(settings["regions"] or ([own] if own else []))
    if not allowed:
        return iter(())

    def check(resource: Declared) -> str | None:
        found = sorted(set(_regions(resource)) - allowed)
        return ", ".join(found) if found else None

    return each(graph.resources, check)


def _regions(resource: Declared) -> Iterator[str]:
    if resource.type == _PROVIDER and (region := known(resource.at("region"), "region")):
        yield str(region)
    yield from home.regions(resource)
    zone = resource.at("availabilityZone")
    if isinstance(zone, str) and zone[-1:].isalpha():
        yield zone[:-1]


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.13",
        name="takeoff-13-residency",
        severity="high",
        frameworks=(OWN,),
        title="everything is in the regions that were agreed on",
        allowed="regions of setting `regions`; where it is empty, the one region that most of the stack names",
        fix="name the region's own resource, key or image (takeoff:allowedRegions in the stack file)",
        source="https://docs.aws.amazon.com/wellarchitected/latest/analytics-lens/best-practice-3.2---implement-data-retention-and-residency-policies.html",
        settings={"regions": []},
        check=_here,
    ),
)
