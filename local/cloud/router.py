"""InvokeEndpoint: by weights or TargetVariant, the same split on every run, AWS's errors word for word."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from local.cloud.answer import Answer, validation_error
from local.cloud.caller import Caller
from local.cloud.fleet import Fleet
from local.cloud.lane import Lane, Route
from local.cloud.metrics import Metrics
from local.state import ACCOUNT

FORWARDED = (
    "content-type",
    "accept",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-target-model",
)
# Copies for a shadow that wait for an answer; more would cost the caller's own request memory and time.
MOST_COPIES = 64


class Router:
    """Splits one endpoint's invocations by smooth weighted round robin: deterministic, exact over every full cycle.

    While traffic shifts there is a `next` lane beside the `live` one, and `share` is the part of the traffic it gets.
    """

    def __init__(self, region: str, endpoint: str, metrics: Metrics, session: aiohttp.ClientSession) -> None:
        self.region, self.endpoint = region, endpoint
        self.live, self.next, self.share = Lane(), None, 0.0  # type: Lane, Lane | None, float
        self._credit = 0.0
        self._metrics, self._caller = metrics, Caller(region, endpoint, session)
        self._copies: set[asyncio.Task[None]] = set()

    @property
    def fleets(self) -> list[Fleet]:
        return self.live.fleets + (self.next.fleets if self.next else [])

    def prepare(self, lane: Lane) -> None:
        """Puts a lane beside the live one; it gets no traffic yet."""
        self.next, self.share, self._credit = lane, 0.0, 0.0

    def commit(self) -> list[Fleet]:
        """Sends every later request to the next lane and hands back the old fleets, which may still be answering."""
        old, self.live = self.live, self.next or self.live
        self.next, self.share = None, 0.0
        return old.fleets

    def abandon(self) -> list[Fleet]:
        """Sends every later request to the live lane and hands back the fleets of the other one."""
        given_up, self.next, self.share = self.next, None, 0.0
        return given_up.fleets if given_up else []

    def healthy(self) -> bool:
        """Whether every live variant has a process that can answer."""
        return bool(self.live.routes) and self.live.sick() is None

    def sick(self) -> str | None:
        """A variant of the next lane that cannot answer."""
        return self.next.sick() if self.next else None

    def invocations(self, variant: str) -> int:
        lanes = [self.live, self.next] if self.next else [self.live]
        return sum(route.invocations for lane in lanes if (route := lane.route(variant)))

    def _lane(self) -> Lane:
        if self.next is None or not self.share:
            return self.live
        self._credit += self.share
        if self._credit < 1 - 1e-9:
            return self.live
        self._credit -= 1
        return self.next

    async def invoke(self, body: bytes, headers: dict[bytes, bytes], *, asynchronous: bool = False) -> Answer:
        """Answers one InvokeEndpoint request and counts it."""
        began = time.perf_counter()
        given = {name.decode("latin1"): value.decode("latin1") for name, value in headers.items()}
        lane, target = self._lane(), given.get("x-amzn-sagemaker-target-variant")
        route = lane.choose(target)
        if route is None:
            return validation_error(
                f"Variant {target or '(any)'} not found for Request. Endpoint {self.endpoint} has "
                + ", ".join(f"{name} (weight {route.weight:g})" for name, route in lane.routes.items())
            )
        if refused := self._misused(lane, route, given, asynchronous):
            return refused
        forwarded = {name: given[name] for name in FORWARDED if name in given}
        if shadow := lane.mirrored():
            self._mirror(shadow, body, forwarded)
        return await self._serve(route, body, forwarded, began)

    def _misused(self, lane: Lane, route: Route, given: dict[str, str], asynchronous: bool) -> Answer | None:
        if lane.asynchronous and not asynchronous:
            return validation_error(
                f"Endpoint {self.endpoint} of account {ACCOUNT} is an asynchronous endpoint: call InvokeEndpointAsync."
            )
        if (route.models is not None) == ("x-amzn-sagemaker-target-model" in given):
            return None
        if route.models is None:
            return validation_error(
                f"Endpoint {self.endpoint} is not a multi-model endpoint: TargetModel is not allowed."
            )
        return validation_error(f"Endpoint {self.endpoint} is a multi-model endpoint: TargetModel is required.")

    async def _serve(self, route: Route, body: bytes, headers: dict[str, str], began: float) -> Answer:
        called = time.perf_counter()
        status, answer = await self._caller.ask(route.source, route.fleet, body, headers, route.models)
        answered = time.perf_counter()
        route.invocations += 1
        if route.capture and status < 300:
            route.capture.take(body, headers, answer)
        overhead = (called - began) + (time.perf_counter() - answered)
        self._metrics.count(route.source, status, (answered - called) * 1e6, overhead * 1e6)
        return answer

    def _mirror(self, shadow: Route, body: bytes, headers: dict[str, str]) -> None:
        """Sends a copy that nobody waits for; its answer is counted and captured, and then dropped."""
        if len(self._copies) >= MOST_COPIES:
            return

        async def copy() -> None:
            await self._serve(shadow, body, headers, time.perf_counter())

        task = asyncio.get_running_loop().create_task(copy())
        self._copies.add(task)
        task.add_done_callback(self._copies.discard)
