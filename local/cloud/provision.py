"""From a plan to running processes: image by digest, artifact through the model's role, environment of a container."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import aiohttp

from local.cloud import access, artifacts, images
from local.cloud.account import Account
from local.cloud.fleet import DeploymentError, Fleet, Launch
from local.cloud.plan import Plan, Variant
from local.cloud.router import Router
from local.state import State

SITE = Path(__file__).with_name("container_site")
# What can be wrong with a plan; anything else is a fault of ours.
FAILURES = (DeploymentError, images.ImageError, artifacts.ArtifactError, OSError)


class Provisioner:
    """Starts fleets."""

    def __init__(self, state: State, account: Account, session: aiohttp.ClientSession, ping: float, most: int) -> None:
        self._state, self._account, self._session, self._ping, self.most = state, account, session, ping, most

    async def fleets(self, plan: Plan, router: Router) -> dict[str, Fleet]:
        """Starts a whole new set of processes; if one variant cannot start, none of them is left."""
        fleets = {variant.name: await self._fleet(variant, router) for variant in plan.variants}
        sizes = (self.resize(fleets[variant.name], variant.count) for variant in plan.variants)
        results = await asyncio.gather(*sizes, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            await asyncio.gather(*(fleet.stop() for fleet in fleets.values()))
            raise failures[0]
        return fleets

    async def resize(self, fleet: Fleet, count: int) -> None:
        """Brings a fleet to `count` instances, or to as many processes as this machine is allowed."""
        await fleet.resize(min(count, self.most))

    async def _fleet(self, variant: Variant, router: Router) -> Fleet:
        image = images.load(variant.image, self._state)
        launch = Launch(
            variant=variant.name,
            command=image.command("serve"),
            environment=_environment(image.environment | variant.environment) | await self._model(variant, router),
            folder=image.folder,
            logs=self._state.cloud / "logs" / router.endpoint,
            pids=self._state.cloud / "pids",
            ping_timeout=self._ping,
        )
        route = router.routes.get(variant.name)
        return Fleet(launch, self._session, {instance.number for instance in route.fleet.instances} if route else None)

    async def _model(self, variant: Variant, router: Router) -> dict[str, str]:
        url = variant.artifact
        if url is None:
            return {}

        def read() -> bytes | None:
            if reason := access.refusal(variant.role, url, router.region):
                raise DeploymentError(reason)
            return artifacts.read(url)

        content = await self._account.locked(read)
        store = self._state.cloud / "artifacts"
        return {"SM_MODEL_DIR": str(await asyncio.to_thread(artifacts.unpack, content, url, store))}


def _environment(given: dict[str, str]) -> dict[str, str]:
    """A container's environment: the image's and the model's, a PATH with this interpreter, and nothing of ours."""
    ours = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108
    modules = os.pathsep.join(filter(None, [str(SITE), given.get("PYTHONPATH")]))
    return ours | given | {"PYTHONPATH": modules}
