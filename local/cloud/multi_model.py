"""Multi-model variants: SageMaker's contract for loading, invoking and unloading one model of many in a container."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from local.cloud.answer import Answer, model_error, validation_error
from local.cloud.fleet import Instance
from local.cloud.metrics import Source

TIMEOUT = aiohttp.ClientTimeout(total=60)


class LoadError(RuntimeError):
    """Why a model cannot be had; `answer` is what the caller of InvokeEndpoint is told."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


class Models:
    """The models of one variant. `fetch` brings an artifact below the variant's prefix to a folder, or answers None.

    https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
    """

    def __init__(
        self,
        source: Source,
        prefix: str,
        session: aiohttp.ClientSession,
        fetch: Callable[[str], Awaitable[Path | None]],
    ) -> None:
        self._source, self._prefix, self._session, self._fetch = source, prefix, session, fetch
        # Per container: the models that it has, the one used last at the end.
        self._loaded: dict[Instance, dict[str, None]] = {}
        self._turns: dict[Instance, asyncio.Lock] = {}

    async def path(self, instance: Instance, target: str, *, again: bool = False) -> str:
        """Where a container answers for a model, loaded first if it is not, or `again`. Raises LoadError."""
        # AWS hands the container an opaque name, too.
        name = hashlib.sha256(target.encode()).hexdigest()[:32]
        loaded = self._loaded.setdefault(instance, {})
        async with self._turns.setdefault(instance, asyncio.Lock()):
            if again or name not in loaded:
                await self._load(instance, name, target, loaded)
            loaded.pop(name, None)
            loaded[name] = None
        return f"/models/{name}/invoke"

    async def _load(self, instance: Instance, name: str, target: str, loaded: dict[str, None]) -> None:
        folder = await self._fetch(self._prefix + target)
        if folder is None:
            bucket, _, key = (self._prefix + target).removeprefix("s3://").partition("/")
            raise LoadError(
                validation_error(
                    f"Failed to download model data(bucket: {bucket}, key: {key}). Please ensure that there is an "
                    "object located at the URL and that the role passed to CreateModel has permissions to download "
                    "the model."
                )
            )
        loaded.pop(name, None)
        while True:
            status, message = await self._call(instance, "POST", "", {"model_name": name, "url": str(folder)})
            # 409: it is loaded already. 507: no room, and the model that was used longest ago goes.
            if status < 400 or status == 409:
                return
            if status != 507 or not loaded:
                raise LoadError(model_error(self._source.region, self._source.endpoint, status, message))
            oldest = next(iter(loaded))
            loaded.pop(oldest)
            await self._call(instance, "DELETE", f"/{oldest}", None)

    async def _call(self, instance: Instance, verb: str, path: str, body: dict[str, str] | None) -> tuple[int, str]:
        with instance.busy():
            async with self._session.request(
                verb, f"{instance.url}/models{path}", json=body, timeout=TIMEOUT
            ) as answer:
                return answer.status, (await answer.read()).decode("utf-8", "replace")
