"""One set of fleets that serves one endpoint config: its variants in rotation, and the shadow beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.cloud.capture import Sampling
from local.cloud.fleet import Fleet
from local.cloud.metrics import Source
from local.cloud.multi_model import Models
from local.cloud.plan import Plan


@dataclass
class Route:
    """One variant in rotation. `credit` is what smooth weighted round robin owes it."""

    source: Source
    fleet: Fleet
    weight: float
    capture: Sampling | None = None
    models: Models | None = None
    credit: float = 0.0
    invocations: int = 0


@dataclass
class Lane:
    """What one config runs. A shadow gets a copy of so many requests as its weight is of the production variant's."""

    routes: dict[str, Route] = field(default_factory=dict)
    shadow: Route | None = None
    asynchronous: bool = False

    @property
    def all(self) -> list[Route]:
        return [*self.routes.values(), self.shadow] if self.shadow else list(self.routes.values())

    @property
    def fleets(self) -> list[Fleet]:
        return [route.fleet for route in self.all]

    def route(self, variant: str) -> Route | None:
        """A variant's route, the shadow's included."""
        return next((route for route in self.all if route.source.variant == variant), None)

    def reweigh(self, plan: Plan) -> None:
        for variant in plan.fleets:
            if route := self.route(variant.name):
                route.weight = variant.weight
        for route in self.all:
            route.credit = 0.0

    def sick(self) -> str | None:
        """The name of a production variant that has no process that can answer."""
        for name, route in self.routes.items():
            if not any(instance.ready for instance in route.fleet.instances):
                return name
        return None

    def choose(self, target: str | None) -> Route | None:
        """The variant that the caller names, else the one whose turn it is."""
        if target is not None:
            return self.routes.get(target)
        weighted = [route for route in self.routes.values() if route.weight > 0]
        if not weighted:
            return None
        for route in weighted:
            route.credit += route.weight
        chosen = max(weighted, key=lambda route: route.credit)
        chosen.credit -= sum(route.weight for route in weighted)
        return chosen

    def mirrored(self) -> Route | None:
        """The shadow, when it is its turn to see a request."""
        if self.shadow is None:
            return None
        total = sum(route.weight for route in self.routes.values())
        self.shadow.credit += min(1.0, self.shadow.weight / total) if total else 0.0
        if self.shadow.credit < 1 - 1e-9:
            return None
        self.shadow.credit -= 1
        return self.shadow
