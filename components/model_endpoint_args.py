"""Everything one model's endpoint is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pulumi

from catalog.desired import Desired, Share
from catalog.plan import Plan
from components.alerts import Alerts
from components.asynchronous import AsyncOutput
from components.bucket import Bucket
from components.capture import Capture
from components.endpoint_rules import mistakes
from components.key import Key
from components.placement import Placement
from components.release import Release, content_of, next_release
from components.rollback import Rollback
from components.rollout import Rollout
from components.site import Site
from components.variant import Shadow, Variant

Mode = Literal["realtime", "async", "multi-model"]


@dataclass(frozen=True, kw_only=True)
class ModelEndpointArgs:
    """Everything one model's endpoint is made of.

    `image` is a container image URI with its digest. `previous` is the wish that the last deployment left behind.
    `plan` says how a live endpoint moves to a new release; its alarms are made from `rollback`. `mode` async needs
    `asynchronous`; multi-model serves every artifact below the model's prefix, by TargetModel, whatever the version.
    Raises ValueError when nothing would serve, and for what SageMaker refuses (components/endpoint_rules.py).
    """

    model: str
    owner: str
    image: str
    variants: Sequence[Variant]
    models: Bucket
    key: Key
    rollout: Rollout
    previous: Desired | None = None
    shadow: Shadow | None = None
    capture: Capture | None = None
    placement: Placement | None = None
    plan: Plan = field(default_factory=Plan)
    rollback: Rollback | None = None
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

    def alarm_names(self, site: Site) -> list[str]:
        """The physical names of the rollback alarms."""
        names = self.rollback.names(self.model, self.variants) if self.rollback else []
        return [site.name(name, limit=255) for name in names]

    def release(self) -> Release:
        """The name-giving content: what an endpoint config cannot change once it exists."""
        return next_release(content_of(self._content()), self.previous)

    def wish(self, site: Site, endpoint: str, config: str) -> Desired:
        """What Rollout is to converge to. Autoscaling owns the count of a scaled variant."""
        release = self.release()
        return Desired(
            endpoint=endpoint,
            config=config,
            content=release.content,
            generation=release.generation,
            variants={
                v.name: Share(traffic=v.traffic, instances=None if v.scaling else v.instances) for v in self.variants
            },
            plan=replace(self.plan, alarms=tuple(self.alarm_names(site))),
        )

    def _content(self) -> dict[str, Any]:
        """Plain values that are known at preview; what is not used is not in it, so that names stay as they were."""
        many = self.mode == "multi-model"
        variants = [
            (v.name, "", "", v.instance_type)
            if many
            else (v.name, v.version.artifact, v.version.version, v.instance_type)
            for v in self.variants
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
