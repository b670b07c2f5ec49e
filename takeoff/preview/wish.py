"""A change of the parameter `desired`, told as what it does to an endpoint's traffic and versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.candidates import Candidates, holds
from catalog.computed import COMPUTED
from catalog.desired import Desired, Share
from catalog.plan import Plan
from takeoff.preview.fleet import Fleet, Resource, compared, fleets
from takeoff.preview.previewed import Preview, Step

# The command line may not import the SDK, so a test compares the type token with its class.
PARAMETER = "aws:ssm/parameter:Parameter"
_NAME = re.compile(r"^/takeoff/[^/]+/([^/]+)/desired$")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One model's wish before and after a deployment; None where there is none. Fleets by variant, shadows among them.

    `problem` says why one of the two cannot be read: it is unknown yet, or not what Pulumi writes. `lineup` says what
    changes for a model whose versions take each other's place (catalog/candidates.py), which has neither side. `asked`
    is the traffic in the stack file.
    """

    model: str
    urn: str
    before: Desired | None = None
    after: Desired | None = None
    fleets_before: Mapping[str, Fleet] = field(default_factory=dict)
    fleets_after: Mapping[str, Fleet] = field(default_factory=dict)
    problem: str = ""
    lineup: tuple[str, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)

    @property
    def new_config(self) -> bool:
        """Whether the endpoint moves to another config, and so to new processes."""
        return bool(self.before and self.after and self.before.config != self.after.config)

    def parts(self) -> list[str]:
        """What changes, most important first: traffic, versions, instance types, variants, counts, plan."""
        if self.problem:
            return [*self._asked(), self.problem]
        if self.lineup:
            return list(self.lineup)
        if self.after is None:
            return ["no longer wished for: Rollout leaves the endpoint as it is"]
        if self.before is None:
            return ["new endpoint: " + ", ".join(self._shares(self.after))]
        return [
            *_traffic(self.before.variants, self.after.variants),
            *compared(self.fleets_before, self.fleets_after),
            *_counts(self.before.variants, self.after.variants),
            *_plan(self.before.plan, self.after.plan),
        ]

    def text(self) -> str:
        """`parts` in one line: main 90 → 50 %, candidate 10 → 50 %; main: version 1111 → 2222."""
        return "; ".join(self.parts()) or "the same traffic and versions"

    def _shares(self, desired: Desired) -> list[str]:
        """What each variant of a new endpoint serves and gets, the one with most traffic first."""
        ordered = sorted(desired.variants.items(), key=lambda each: -each[1].traffic)
        return [
            f"{name} {share.traffic} %{self.fleets_after.get(name, Fleet()).described()}" for name, share in ordered
        ]

    def _asked(self) -> list[str]:
        """What the stack file says, where the wish itself cannot be read."""
        if not self.asked:
            return []
        if self.before is None:
            return ["asked for: " + ", ".join(f"{name} {share} %" for name, share in self.asked.items())]
        shares = {name: Share(traffic=share, instances=None) for name, share in self.asked.items()}
        return _traffic(self.before.variants, shares)


def wishes(preview: Preview) -> list[Wish]:
    """Every wish that a deployment writes anew, changes or removes, in the order of the stream."""
    before = [(step.type, step.old or {}) for step in preview.before()]
    after = [(step.type, step.new or {}) for step in preview.after()]
    found = []
    for step in preview.steps:
        model = _model(step)
        if model and step.op != "same":
            found.append(_wish(model, step, before, after, _asked(preview, model)))
    return list({wish.urn: wish for wish in found}.values())


def wished(resources: Sequence[Resource]) -> dict[str, Desired]:
    """Endpoint → what is wished for it, of every wish among the resources that can be read."""
    found: dict[str, Desired] = {}
    for type_, inputs in resources:
        if type_ == PARAMETER and _NAME.match(str(inputs.get("name", ""))):
            try:
                desired = None if holds(_text(inputs)) else _desired(inputs)
            except ValueError:
                continue
            found |= {desired.endpoint: desired} if desired else {}
    return found


def _wish(
    model: str, step: Step, before: Sequence[Resource], after: Sequence[Resource], asked: Mapping[str, int]
) -> Wish:
    told = (step.old, None if step.deletes else step.new)
    if any(holds(_text(inputs)) for inputs in told):
        return Wish(model=model, urn=step.urn, lineup=tuple(_lineup(*map(_candidates, told))))
    problem, sides = "", []
    for inputs in told:
        try:
            sides.append(_desired(inputs))
        except ValueError as error:
            sides.append(None)
            problem = str(error)
    old, new = sides
    return Wish(
        model=model,
        urn=step.urn,
        before=old,
        after=new,
        fleets_before=fleets(before, old.config) if old else {},
        fleets_after=fleets(after, new.config) if new else {},
        problem=problem,
        asked=asked,
    )


def _asked(preview: Preview, model: str) -> dict[str, int]:
    """A model's traffic in the stack file."""
    entry = preview.models.get(model)
    traffic = entry.get("traffic") if isinstance(entry, Mapping) else None
    found = traffic if isinstance(traffic, Mapping) else {}
    return {str(name): share for name, share in found.items() if isinstance(share, int)}


def _desired(inputs: Mapping[str, Any] | None) -> Desired | None:
    """The wish in a parameter's inputs. Raises ValueError for one that is unknown, secret or not ours."""
    if inputs is None:
        return None
    text = _text(inputs)
    if text == COMPUTED:
        raise ValueError("known only once the resources that it names are there")
    return Desired.from_json(text)


def _text(inputs: Mapping[str, Any] | None) -> str:
    return str(inputs.get("insecureValue", inputs.get("value"))) if inputs else ""


def _candidates(inputs: Mapping[str, Any] | None) -> Candidates | None:
    """The versions that may serve, of a side that says them; None for any other, and for one that is unknown yet."""
    text = _text(inputs)
    return Candidates.from_json(text) if holds(text) else None


def _lineup(before: Candidates | None, after: Candidates | None) -> list[str]:
    """What changes in which versions may serve, and in how they are tried; which one does is Rollout's to say."""
    old, new = (set(side.releases) if side else set() for side in (before, after))
    said = [f"version {version}: Rollout tries it before it serves" for version in sorted(new - old)] if old else []
    said += [f"versions that may serve: {', '.join(sorted(new))}"] if new and not old else []
    said += [f"version {version} may no longer serve" for version in sorted(old - new)]
    if not (before and after):
        return said
    moved = [version for version in sorted(old & new) if before.releases[version] != after.releases[version]]
    said += [f"version {version} moves to another config" for version in moved]
    if before.pinned != after.pinned:
        said.append(f"pinned to {after.pinned}" if after.pinned else "no longer pinned")
    if before.analysis != after.analysis:
        said.append("versions are tried in another way")
    return said + _plan(before.plan, after.plan)


def _model(step: Step) -> str:
    """The model whose wish a step's parameter is; empty for any other resource."""
    name = str((step.new or step.old or {}).get("name", "")) if step.type == PARAMETER else ""
    return match[1] if (match := _NAME.match(name)) else ""


def _traffic(before: Mapping[str, Share], after: Mapping[str, Share]) -> list[str]:
    names = sorted({*before, *after}, key=lambda name: -before.get(name, Share(traffic=0, instances=0)).traffic)
    moved = []
    for name in names:
        old, new = (side[name].traffic if name in side else 0 for side in (before, after))
        if old != new:
            moved.append(f"{name} {old} → {new} %")
    return [", ".join(moved)] if moved else []


def _counts(before: Mapping[str, Share], after: Mapping[str, Share]) -> list[str]:
    found = []
    for name in sorted({*before} & {*after}):
        old, new = before[name].instances, after[name].instances
        if old != new:
            found.append(f"{name}: {_count(old)} → {_count(new)}")
    return found


def _count(instances: int | None) -> str:
    return "instances by autoscaling" if instances is None else f"{instances} instance{'' if instances == 1 else 's'}"


def _plan(before: Plan, after: Plan) -> list[str]:
    old, new = (f"{plan.kind} {plan.percent} %" if plan.percent != 100 else plan.kind for plan in (before, after))
    return [f"plan {old} → {new}"] if old != new else []
