"""What a deployment changes of a month's cost, and whether the stack file's budgets and pilots agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.spending import LEAST_PILOTS, MOST_PILOTS, Overrun, over_budget, pilot_ratio
from catalog.statement import Difference, Statement, statement
from catalog.usage import Assumptions
from takeoff.preview.fleet import CONFIG, Resource
from takeoff.preview.previewed import Preview
from takeoff.preview.risks import ENDPOINT
from takeoff.preview.wish import wished

# The words by which catalog.meter says that a quantity rests on a value that is unknown yet.
_NOT_YET = "is not known yet"
_PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True, kw_only=True)
class Costs:
    """A month before and after, in US dollars at list prices; budgets that do not hold, and notes on pilots."""

    difference: Difference
    overruns: tuple[Overrun, ...] = ()
    pilots: tuple[tuple[str, bool], ...] = ()
    assumed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def after_unpriced(self) -> Mapping[str, Sequence[str]]:
        """By model, what is in no sum."""
        return self.difference.after.unpriced

    @property
    def before(self) -> float:
        return self.difference.before.total

    @property
    def after(self) -> float:
        return self.difference.after.total


def costs(preview: Preview) -> Costs:
    """The cost of what a stack has and will have, with the traffic that its stack file assumes."""
    models = preview.models
    usage = {
        name: Assumptions.of(model["usage"])
        for name, model in models.items()
        if isinstance(model.get("usage"), Mapping)
    }
    region = _region(preview)
    before = statement(_as_wished([(s.type, s.old or {}) for s in preview.before()]), region, usage)
    after = statement(_as_wished([(s.type, s.new or {}) for s in preview.after()]), region, usage)
    budget = preview.config.get("takeoff:budget")
    monthly = budget.get("monthly") if isinstance(budget, Mapping) else None
    limits = {name: float(model["monthlyBudget"]) for name, model in models.items() if model.get("monthlyBudget")}
    return Costs(
        difference=Difference(before, after),
        overruns=tuple(over_budget(after, None if monthly is None else float(monthly), limits)),
        pilots=tuple(_pilots(models, after)),
        assumed={name: model["usage"] for name, model in models.items() if name in usage},
    )


def undecided(overrun: Overrun) -> bool:
    """Whether a budget may be broken only by quantities that the deployment will tell; nothing lacks a price."""
    return overrun.kind == "unpriced" and all(_NOT_YET in name for name in overrun.unpriced)


def _pilots(models: Mapping[str, Any], after: Statement) -> Iterator[tuple[str, bool]]:
    """A line on each model whose pilot's cost is known, and whether production is a sane multiple of it."""
    spent = after.by("model")
    for name, model in models.items():
        pilot = model.get("pilotMonthlyCost")
        if pilot:
            ratio = pilot_ratio(spent.get(name, 0.0), float(pilot))
            where = "within" if ratio.inside else "outside"
            text = f"{name}: production costs {ratio.value:.1f} times its pilot of USD {pilot:,.0f} a month"
            yield f"{text}, {where} {LEAST_PILOTS:g} to {MOST_PILOTS:g}", ratio.inside


def _as_wished(resources: Sequence[Resource]) -> list[Resource]:
    """The resources with each endpoint on the config, and each config with the counts, that Rollout converges to.

    Pulumi leaves an endpoint's config name and a config's counts as they were created (docs/adr/0005).
    """
    wishes = wished(resources)
    by_config = {desired.config: desired for desired in wishes.values()}
    found = []
    for type_, inputs in resources:
        if type_ == ENDPOINT and (desired := wishes.get(str(inputs.get("name")))):
            inputs = {**inputs, "endpointConfigName": desired.config}
        elif type_ == CONFIG and (desired := by_config.get(str(inputs.get("name")))):
            counts = {name: share.instances for name, share in desired.variants.items()}
            variants = [_counted(variant, counts) for variant in inputs.get("productionVariants") or ()]
            inputs = {**inputs, "productionVariants": variants}
        found.append((type_, inputs))
    return found


def _counted(variant: Mapping[str, Any], counts: Mapping[str, int | None]) -> Mapping[str, Any]:
    count = counts.get(str(variant.get("variantName")))
    return variant if count is None else {**variant, "initialInstanceCount": count}


def _region(preview: Preview) -> str:
    """The region of the stack's provider, else of the configuration; prices of another one are never taken."""
    named = [(step.new or step.old or {}).get("region") for step in preview.steps if step.type == _PROVIDER]
    found = [region for region in named if isinstance(region, str)]
    return found[0] if found else str(preview.config.get("aws:region", ""))
