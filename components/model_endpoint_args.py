"""Everything one model's endpoint is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pulumi

from catalog import candidates
from catalog.analysis import Analysis
from catalog.candidates import Candidates
from catalog.desired import Desired, Share
from catalog.plan import Plan
from components.alerts import Alerts
from components.asynchronous import AsyncOutput
from components.bucket import Bucket
from components.capture import Capture
from components.endpoint_rules import TRIED, mistakes
from components.key import Key
from components.placement import Placement
from components.release import Release, content_of, next_releases
from components.rollback import Fleet, Rollback
from components.rollout import Rollout
from components.site import Site
from components.variant import Shadow, Variant
from model_code.contract import VersionRecord

Mode = Literal["realtime", "async", "multi-model"]


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """The production variants of one release."""

    release: Release
    variants: Sequence[Variant]

    @property
    def version(self) -> str:
        """The version of its first variant, which has all the traffic when the config is new."""
        return self.variants[0].version.version


@dataclass(frozen=True, kw_only=True)
class ModelEndpointArgs:
    """Everything one model's endpoint is made of.

    `image` is a container image URI with its digest. `previous` is the wish that the last deployment left behind.
    `plan` says how a live endpoint moves to a new release; its alarms are made from `rollback`. With `analysis` the
    only variant's version is the live one and `other` may take its place, as soon as Rollout has tried it by that;
    with `pinned` it is only kept ready. The verdict of `experiment` decides the traffic of its variants. `mode`
    async needs `asynchronous`; multi-model serves every artifact below the model's prefix, by TargetModel, whatever the
    version.
    Raises ValueError when nothing would serve, and for what SageMaker refuses (components/endpoint_rules.py).
    """

    model: str
    owner: str
    image: str
    variants: Sequence[Variant]
    models: Bucket
    key: Key
    rollout: Rollout
    previous: Desired | Candidates | None = None
    shadow: Shadow | None = None
    capture: Capture | None = None
    placement: Placement | None = None
    plan: Plan = field(default_factory=Plan)
    rollback: Rollback | None = None
    analysis: Analysis | None = None
    other: VersionRecord | None = None
    pinned: bool = False
    experiment: str = ""
    mode: Mode = "realtime"
    asynchronous: AsyncOutput | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    alerts: Alerts | None = None

    def __post_init__(self) -> None:
        if found := mistakes(self):
            raise ValueError(f"{self.model}: {found[0]}")

    @property
    def instance_types(self) -> list[str]:
        """What everything of this endpoint runs on, the shadow last."""
        return [each.instance_type for each in (*self.variants, *((self.shadow,) if self.shadow else ()))]

    @property
    def live(self) -> str:
        """The version of the first variant."""
        return self.variants[0].version.version

    def lineups(self) -> list[Lineup]:
        """What each endpoint config serves, in an order that does not tell which of two versions is the live one."""
        variants: list[Sequence[Variant]] = [self.variants]
        if self.analysis:
            only = self.variants[0]
            versions = {each.version: each for each in (only.version, self.other or only.version)}
            variants = [(replace(only, version=versions[version]),) for version in sorted(versions)]
        releases = next_releases([content_of(self._content(each)) for each in variants], self.previous)
        return [Lineup(release=release, variants=each) for release, each in zip(releases, variants, strict=True)]

    def fleets(self, configs: Mapping[str, pulumi.Input[str]]) -> list[Fleet]:
        """The new fleets that the plan's alarms watch, each in its release's config (by `Lineup.version`)."""
        if self.analysis:
            name = self.variants[0].name
            return [Fleet(name=f"{name}-{version}", variant=name, config=configs[version]) for version in configs]
        return [Fleet(name=each.name, variant=each.name, config=configs[self.live]) for each in self.variants]

    def trial(self) -> list[Fleet]:
        """The fleet of a version that is tried beside the live one, in a config of Rollout's own."""
        return [Fleet(name=TRIED, variant=TRIED)] if self.analysis else []

    def alarm_names(self, site: Site) -> list[str]:
        """The physical names of the alarms on what `plan` moves to."""
        return self._named(site, self.fleets({each.version: "" for each in self.lineups()}))

    def wish(self, site: Site, endpoint: str, configs: Mapping[str, str]) -> Desired | Candidates:
        """What Rollout is to converge to; `configs` are names by `Lineup.version`.

        Autoscaling owns the count of a scaled variant.
        """
        plan = replace(self.plan, alarms=tuple(self.alarm_names(site)))
        shares = {v.name: Share(traffic=v.traffic, instances=None if v.scaling else v.instances) for v in self.variants}
        if self.analysis is None:
            (lineup,) = self.lineups()
            release, config = lineup.release, configs[lineup.version]
            return Desired(
                endpoint=endpoint,
                config=config,
                content=release.content,
                generation=release.generation,
                variants=shares,
                plan=plan,
                experiment=self.experiment,
            )
        ((variant, share),) = shares.items()
        return Candidates(
            endpoint=endpoint,
            variant=variant,
            instances=share.instances,
            releases={
                each.version: candidates.Release(
                    config=configs[each.version], content=each.release.content, generation=each.release.generation
                )
                for each in self.lineups()
            },
            pinned=self.live if self.pinned else "",
            plan=plan,
            analysis=replace(self.analysis, alarms=tuple(self._named(site, self.trial()))),
        )

    def _named(self, site: Site, fleets: Sequence[Fleet]) -> list[str]:
        names = self.rollback.names(self.model, [fleet.name for fleet in fleets]) if self.rollback else []
        return [site.name(name, limit=255) for name in names]

    def _content(self, served: Sequence[Variant]) -> dict[str, Any]:
        """Plain values that are known at preview; what is not used is not in it, so that names stay as they were.

        They are what an endpoint config cannot change once it exists.
        """
        many = self.mode == "multi-model"
        variants = [
            (v.name, "", "", v.instance_type)
            if many
            else (v.name, v.version.artifact, v.version.version, v.instance_type)
            for v in served
        ]
        shadow, capture, later = self.shadow, self.capture, self.asynchronous
        optional = {
            "mode": self.mode if self.mode != "realtime" else None,
            # Weight and count of a shadow are its config's: Rollout moves production variants alone.
            "shadow": shadow
            and (shadow.name, shadow.version.artifact, shadow.instance_type, shadow.instances, shadow.percent),
            "capture": capture and capture.content(),
            "asynchronous": later and later.content(),
            "environment": dict(self.environment) or None,
            "placement": self.placement and _known(self.placement),
        }
        return {"image": self.image, "variants": variants} | {k: v for k, v in optional.items() if v is not None}


def _known(placement: Placement) -> list[str]:
    """A placement as far as preview knows it: subnets of a network of ours have no id yet, but a number."""
    return ["" if isinstance(each, pulumi.Output) else str(each) for each in placement.subnet_ids]
