"""The life of an endpoint: from Creating to InService, through updates and roll-backs, to its deletion."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import aiohttp
from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.models import sagemaker_backends

from local.cloud.account import Account
from local.cloud.capture import Captures
from local.cloud.clock import Clock
from local.cloud.delays import Delays
from local.cloud.deployment import ReturnError, Shift, Watch
from local.cloud.metrics import Metrics
from local.cloud.provision import FAILURES, Provisioner
from local.cloud.router import Router
from local.state import ACCOUNT, State

log = logging.getLogger(__name__)
# moto's endpoint carries two attributes of ours: `plan`, what it runs, and `pending`, what an update brings.
SAGEMAKER: Any = sagemaker_backends
CLOUDWATCH: Any = cloudwatch_backends
Key = tuple[str, str]


class Hosting:
    """Every endpoint's processes. Its verbs may be called from any thread; the work happens on one event loop."""

    def __init__(
        self, state: State, account: Account, metrics: Metrics, clock: Clock, delays: Delays, most_instances: int
    ) -> None:
        self.state, self.account, self.metrics, self.clock, self.delays = state, account, metrics, clock, delays
        self.most_instances, self.captures = most_instances, Captures(account, clock)
        self.routers: dict[Key, Router] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Must be awaited on the loop that will do the work."""
        self.loop = asyncio.get_running_loop()
        # Model servers close idle connections after five seconds or more; ours go first, so none is found closed.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
        self.session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, skip_auto_headers=["User-Agent"]
        )
        self.provisioner = Provisioner(
            self.state, self.account, self.session, self.captures, self.delays.ping, self.most_instances
        )
        self.begin(self.captures.run())

    async def close(self) -> None:
        """Ends every process; the endpoints stay in the account and start again with the next daemon."""
        for task in self._tasks:
            task.cancel()
        fleets = [fleet for router in self.routers.values() for fleet in router.fleets]
        await asyncio.gather(*(fleet.stop() for fleet in fleets), return_exceptions=True)
        await self.session.close()

    def create(self, region: str, endpoint: Any) -> None:
        self._begin(region, endpoint, "Creating", self._create)

    def update(self, region: str, endpoint: Any) -> None:
        """Replaces the fleet by the one of `endpoint.pending`, or leaves everything as it was."""
        self._begin(region, endpoint, "Updating", self._update)

    def reweigh(self, region: str, endpoint: Any) -> None:
        """Makes the desired weights and counts of `endpoint.plan` current, without a new process for a weight."""
        self._begin(region, endpoint, "Updating", self._reweigh)

    def delete(self, region: str, endpoint: Any) -> None:
        self._begin(region, endpoint, "Deleting", self._delete)

    async def restore(self) -> list[str]:
        """Starts the processes of every endpoint that the account remembers, and finishes what was under way."""
        remembered = [
            (region, endpoint)
            for region, backend in list(SAGEMAKER[ACCOUNT].items())
            for endpoint in list(backend.endpoints.values())
        ]
        await asyncio.gather(*(self._resume(region, endpoint) for region, endpoint in remembered))
        return [endpoint.endpoint_name for _, endpoint in remembered]

    def _begin(
        self, region: str, endpoint: Any, status: str, work: Callable[[str, Any], Coroutine[Any, Any, None]]
    ) -> None:
        self._set(endpoint, status)
        self.loop.call_soon_threadsafe(self.begin, self._guarded(work, region, endpoint))

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that ends with the daemon. Call it on the loop."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Callable[[str, Any], Coroutine[Any, Any, None]], region: str, endpoint: Any) -> None:
        try:
            await work(region, endpoint)
        except Exception as error:
            log.exception("endpoint %s", endpoint.endpoint_name)
            self._set(endpoint, "Failed", f"{type(error).__name__}: {error}")

    def _set(self, endpoint: Any, status: str, failure: str | None = None) -> None:
        endpoint.endpoint_status, endpoint.failure_reason = status, failure
        endpoint.last_modified_time = datetime.now(UTC).replace(tzinfo=None)
        self.account.changed()
        log.info("endpoint %s: %s %s", endpoint.endpoint_name, status, failure or "")

    async def _create(self, region: str, endpoint: Any) -> None:
        await self.clock.sleep(self.delays.creating)
        router = self._router(region, endpoint)
        try:
            router.prepare(await self.provisioner.lane(endpoint.plan, region, endpoint.endpoint_name, router.live))
        except FAILURES as error:
            self._set(endpoint, "Failed", str(error))
            return
        router.commit()
        self.routers[region, endpoint.endpoint_name] = router
        self._set(endpoint, "InService")

    def _router(self, region: str, endpoint: Any) -> Router:
        return Router(region, endpoint.endpoint_name, self.metrics, self.session)

    async def _update(self, region: str, endpoint: Any) -> None:
        router = self.routers.setdefault((region, endpoint.endpoint_name), self._router(region, endpoint))
        plan, alarms = endpoint.pending, CLOUDWATCH[ACCOUNT][region].alarms
        watch = Watch(
            Shift.of(plan.deployment, plan),
            router,
            self.clock,
            lambda name: getattr(alarms.get(name), "state_value", None),
        )
        try:
            watch.look()
            await self.clock.sleep(self.delays.updating)
            router.prepare(await self.provisioner.lane(plan, region, endpoint.endpoint_name, router.live))
            await watch.run()
        except (*FAILURES, ReturnError) as error:
            await self._return(endpoint, router, str(error))
            return
        old = router.commit()
        endpoint.plan, endpoint.pending, endpoint.endpoint_config_name = plan, None, plan.config
        self.account.changed()
        await asyncio.gather(*(fleet.stop() for fleet in old))
        self._set(endpoint, "InService")

    async def _return(self, endpoint: Any, router: Router, reason: str) -> None:
        """Traffic goes back to the old fleet at once; what AWS takes longer over is to say so."""
        given_up = router.abandon()
        self._set(endpoint, "RollingBack", reason)
        await self.clock.sleep(self.delays.rolling_back)
        await asyncio.gather(*(fleet.stop() for fleet in given_up))
        endpoint.pending = None
        self._set(endpoint, "InService" if router.healthy() else "UpdateRollbackFailed", reason)

    async def _reweigh(self, region: str, endpoint: Any) -> None:
        await self.clock.sleep(self.delays.reweighing)
        router = self.routers[region, endpoint.endpoint_name]
        try:
            await self._resize(router, {variant.name: variant.desired_count for variant in endpoint.plan.fleets})
        except FAILURES as error:
            self._set(endpoint, "RollingBack", str(error))
            await self.clock.sleep(self.delays.rolling_back)
            endpoint.plan = endpoint.plan.reverted()
            await self._resize(router, {variant.name: variant.count for variant in endpoint.plan.fleets})
            self._set(endpoint, "InService", str(error))
            return
        endpoint.plan = endpoint.plan.reached()
        router.live.reweigh(endpoint.plan)
        self._set(endpoint, "InService")

    async def _resize(self, router: Router, counts: dict[str, int]) -> None:
        for route in router.live.all:
            await self.provisioner.resize(route.fleet, counts[route.source.variant])

    async def _delete(self, region: str, endpoint: Any) -> None:
        await self.clock.sleep(self.delays.deleting)
        router = self.routers.pop((region, endpoint.endpoint_name), None)
        if router:
            await asyncio.gather(*(fleet.stop() for fleet in router.fleets))
        await self.account.locked(lambda: SAGEMAKER[ACCOUNT][region].endpoints.pop(endpoint.endpoint_name, None))
        self.account.changed()

    async def _resume(self, region: str, endpoint: Any) -> None:
        before = endpoint.endpoint_status
        if before == "Failed":
            return
        if before == "Deleting":
            await self._guarded(self._delete, region, endpoint)
            return
        # AWS's own word for an endpoint that serves, is being worked on, and refuses changes meanwhile.
        self._set(endpoint, "SystemUpdating")
        if before == "RollingBack":
            endpoint.pending = None
        if endpoint.pending is None:
            endpoint.plan = endpoint.plan.reached()
        await self._guarded(self._create, region, endpoint)
        if endpoint.pending is not None and endpoint.endpoint_status == "InService":
            self.update(region, endpoint)
