"""Who answers an invocation: live weights or TargetVariant, the same split on every run, AWS's errors word for word."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

import aiohttp

from local.cloud.fleet import Fleet, Instance
from local.cloud.metrics import Metrics, Source
from local.cloud.plan import Plan
from local.state import ACCOUNT

BODY_LIMIT = 6 * 1024 * 1024
# AWS: a container has sixty seconds to answer.
TIMEOUT = aiohttp.ClientTimeout(total=60)
FORWARDED = (b"content-type", b"accept", b"x-amzn-sagemaker-custom-attributes", b"x-amzn-sagemaker-inference-id")
RETURNED = ("Content-Type", "X-Amzn-SageMaker-Custom-Attributes")


@dataclass
class Answer:
    """What goes back to the caller of InvokeEndpoint."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def error(cls, kind: str, status: int, message: str, **more: object) -> Answer:
        body = json.dumps({"Message": message, **more}).encode()
        return cls(status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": kind})


def validation_error(message: str) -> Answer:
    return Answer.error("ValidationError", 400, message)


@dataclass
class Route:
    """One variant in rotation."""

    source: Source
    fleet: Fleet
    weight: float
    credit: float = 0.0
    invocations: int = 0


class Router:
    """Splits one endpoint's invocations by smooth weighted round robin: deterministic, exact over every full cycle."""

    def __init__(self, region: str, endpoint: str, metrics: Metrics, session: aiohttp.ClientSession) -> None:
        self.region, self.endpoint = region, endpoint
        self.routes: dict[str, Route] = {}
        self._metrics, self._session = metrics, session

    def switch(self, plan: Plan, fleets: dict[str, Fleet]) -> list[Fleet]:
        """Sends every later request to the new fleets and hands back the old ones, which may still be answering."""
        old = [route.fleet for route in self.routes.values()]
        self.routes = {
            variant.name: Route(
                Source(self.region, self.endpoint, variant.name, plan.config), fleets[variant.name], variant.weight
            )
            for variant in plan.variants
        }
        return old

    def reweigh(self, plan: Plan) -> None:
        for variant in plan.variants:
            self.routes[variant.name].weight = variant.weight
        for route in self.routes.values():
            route.credit = 0.0

    def healthy(self) -> bool:
        """Whether every variant has a process that can answer."""
        return bool(self.routes) and all(
            any(instance.ready for instance in route.fleet.instances) for route in self.routes.values()
        )

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

    async def invoke(self, body: bytes, headers: dict[bytes, bytes]) -> Answer:
        """Answers one InvokeEndpoint request and counts it."""
        began = time.perf_counter()
        target = headers.get(b"x-amzn-sagemaker-target-variant")
        route = self.choose(target.decode("latin1") if target else None)
        if route is None:
            return validation_error(
                f"Variant {(target or b'(any)').decode('latin1')} not found for Request. Endpoint {self.endpoint} has "
                + ", ".join(f"{name} (weight {route.weight:g})" for name, route in self.routes.items())
            )
        forwarded = {name.decode(): headers[name].decode("latin1") for name in FORWARDED if name in headers}
        called = time.perf_counter()
        status, answer = await self._ask(route, body, forwarded)
        answered = time.perf_counter()
        route.invocations += 1
        overhead = (called - began) + (time.perf_counter() - answered)
        self._metrics.count(route.source, status, (answered - called) * 1e6, overhead * 1e6)
        return answer

    async def _ask(self, route: Route, body: bytes, headers: dict[str, str]) -> tuple[int, Answer]:
        instance = route.fleet.pick()
        if instance is None:
            return 503, self._unavailable(route)
        try:
            return await self._forward(route, instance, body, headers)
        except aiohttp.ClientConnectorError:
            # Refused before anything was sent, so nothing can happen twice: one try elsewhere.
            other = route.fleet.pick(other_than=instance)
            if other is None:
                return 503, self._unavailable(route)
            return await self._forward(route, other, body, headers)

    async def _forward(
        self, route: Route, instance: Instance, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Answer]:
        try:
            with instance.busy():
                async with self._session.post(
                    f"{instance.url}/invocations", data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
                ) as answer:
                    content, status = await answer.read(), answer.status
                    returned = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
        except aiohttp.ClientConnectorError:
            raise
        except TimeoutError:
            reason = "Your invocation timed out while waiting for a response from container primary."
            return 504, self._model_error(0, reason)
        except aiohttp.ClientError as error:
            return 500, self._model_error(500, f"The container closed the connection: {error}")
        if status >= 400:
            return status, self._model_error(status, content.decode("utf-8", "replace"))
        return status, Answer(status, content, returned | {"x-Amzn-Invoked-Production-Variant": route.source.variant})

    def _unavailable(self, route: Route) -> Answer:
        return Answer.error(
            "ServiceUnavailable", 503, f"No instance of variant {route.source.variant} of {self.endpoint} is healthy."
        )

    def _model_error(self, status: int, message: str) -> Answer:
        side = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{self.endpoint}"
        text = (
            f'Received {side} error ({status}) from primary with message "{message}". '
            f"See {group} in account {ACCOUNT} for more information."
        )
        arn = f"arn:aws:logs:{self.region}:{ACCOUNT}:log-group:{group}"
        return Answer.error(
            "ModelError", 424, text, OriginalStatusCode=status, OriginalMessage=message, LogStreamArn=arn
        )
