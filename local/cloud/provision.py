"""From a plan to running processes: image by digest, artifact through the model's role, environment of a container."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import aiohttp

from local.cloud import access, artifacts, images, registry
from local.cloud.account import Account
from local.cloud.capture import Captures, Sampling
from local.cloud.fleet import DeploymentError, Fleet, Launch
from local.cloud.lane import Lane, Route
from local.cloud.metrics import Source
from local.cloud.multi_model import Models
from local.cloud.plan import Plan, Variant
from local.state import State

log = logging.getLogger(__name__)
SITE = Path(__file__).with_name("container_site")
# What can be wrong with a plan; anything else is a fault of ours.
FAILURES = (DeploymentError, images.ImageError, artifacts.ArtifactError, OSError)


class Provisioner:
    """Starts fleets. A container has `ping` seconds to become healthy; at most `most` stand for a variant."""

    def __init__(
        self, state: State, account: Account, session: aiohttp.ClientSession, captures: Captures, ping: float, most: int
    ) -> None:
        self._state, self._account, self._session, self._captures = state, account, session, captures
        self._ping, self.most = ping, most

    async def lane(self, plan: Plan, region: str, endpoint: str, beside: Lane) -> Lane:
        """Starts a whole new set of processes; if one variant cannot start, none of them is left."""
        found = [beside.route(variant.name) for variant in plan.fleets]
        taken = [{instance.number for instance in route.fleet.instances} if route else set() for route in found]
        fleets = [
            await self.fleet(variant, region, endpoint, numbers)
            for variant, numbers in zip(plan.fleets, taken, strict=True)
        ]
        sizes = (self.resize(fleet, variant.count) for fleet, variant in zip(fleets, plan.fleets, strict=True))
        results = await asyncio.gather(*sizes, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            await asyncio.gather(*(fleet.stop() for fleet in fleets))
            raise failures[0]
        routes = [
            self._route(plan, variant, Source(region, endpoint, variant.name, plan.config), fleet)
            for variant, fleet in zip(plan.fleets, fleets, strict=True)
        ]
        shadow = routes.pop() if plan.shadow else None
        return Lane({route.source.variant: route for route in routes}, shadow, plan.asynchronous is not None)

    async def resize(self, fleet: Fleet, count: int) -> None:
        """Brings a fleet to `count` instances, or to as many processes as this machine is allowed."""
        await fleet.resize(min(count, self.most))

    async def fleet(self, variant: Variant, region: str, folder: str, taken: set[int] | None = None) -> Fleet:
        """A fleet without a process yet; its logs go below `folder`, apart from the numbers that are taken."""
        if reason := await self._account.locked(lambda: registry.refusal(variant.image, region)):
            raise DeploymentError(reason)
        image = images.load(variant.image, self._state)
        launch = Launch(
            variant=variant.name,
            command=image.command("serve"),
            environment=_environment(image.environment | variant.environment)
            | await self._model(variant, region, folder),
            folder=image.folder,
            logs=self._state.cloud / "logs" / folder,
            pids=self._state.cloud / "pids",
            ping_timeout=self._ping,
        )
        return Fleet(launch, self._session, taken)

    def _route(self, plan: Plan, variant: Variant, source: Source, fleet: Fleet) -> Route:
        route = Route(source, fleet, variant.weight)
        # AWS: capture is on unless EnableCapture says otherwise.
        if plan.capture and plan.capture.get("EnableCapture", True):
            route.capture = Sampling(self._captures, source, plan.capture, variant.role)
        if variant.multi_model:

            async def fetch(url: str) -> Path | None:
                try:
                    return await self._unpacked(variant, url, source.region)
                except FAILURES as error:
                    log.warning("%s: %s", url, error)
                    return None

            route.models = Models(source, variant.artifact or "", self._session, fetch)
        return route

    async def _model(self, variant: Variant, region: str, folder: str) -> dict[str, str]:
        if variant.multi_model:
            # AWS sets this for a container of many models; each arrives in a folder named when it is loaded.
            models = self._state.cloud / "models" / folder / variant.name
            models.mkdir(parents=True, exist_ok=True)
            return {"SAGEMAKER_MULTI_MODEL": "true", "SM_MODEL_DIR": str(models)}
        if variant.artifact is None:
            return {}
        return {"SM_MODEL_DIR": str(await self._unpacked(variant, variant.artifact, region))}

    async def _unpacked(self, variant: Variant, url: str, region: str) -> Path:
        def read() -> bytes | None:
            if reason := access.refusal(variant.role, url, region):
                raise DeploymentError(reason)
            return artifacts.read(url)

        content = await self._account.locked(read)
        return await asyncio.to_thread(artifacts.unpack, content, url, self._state.cloud / "artifacts")


def _environment(given: dict[str, str]) -> dict[str, str]:
    """A container's environment: the image's and the model's, a PATH with this interpreter, and nothing of ours."""
    ours = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108
    modules = os.pathsep.join(filter(None, [str(SITE), given.get("PYTHONPATH")]))
    # An image for GPUs refuses to start without one; here its model runs on the CPU.
    return ours | given | {"PYTHONPATH": modules, "TAKEOFF_ACCELERATOR": "none"}
