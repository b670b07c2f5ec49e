"""One request to one container of a variant: where it goes, what comes back, and what is said when nothing does."""

from __future__ import annotations

import aiohttp

from local.cloud.answer import Answer, model_error
from local.cloud.fleet import Fleet, Instance
from local.cloud.metrics import Source
from local.cloud.multi_model import LoadError, Models

# AWS: a container has sixty seconds to answer.
TIMEOUT = aiohttp.ClientTimeout(total=60)
RETURNED = ("Content-Type", "X-Amzn-SageMaker-Custom-Attributes")


class Caller:
    """Asks the containers of one endpoint."""

    def __init__(self, region: str, endpoint: str, session: aiohttp.ClientSession) -> None:
        self._region, self._endpoint, self._session = region, endpoint, session

    async def ask(
        self, source: Source, fleet: Fleet, body: bytes, headers: dict[str, str], models: Models | None = None
    ) -> tuple[int, Answer]:
        """The status that is counted and the answer that is given. `models` are set for a multi-model variant."""
        instance = fleet.pick()
        if instance is None:
            return 503, self._unavailable(source)
        try:
            return await self._of(source, instance, body, headers, models)
        except aiohttp.ClientConnectorError:
            # Refused before anything was sent, so nothing can happen twice: one try elsewhere.
            other = fleet.pick(other_than=instance)
            if other is None:
                return 503, self._unavailable(source)
            return await self._of(source, other, body, headers, models)

    async def _of(
        self, source: Source, instance: Instance, body: bytes, headers: dict[str, str], models: Models | None
    ) -> tuple[int, Answer]:
        if models is None:
            return await self._forward(source, instance, "/invocations", body, headers)
        target = headers["x-amzn-sagemaker-target-model"]
        try:
            path = await models.path(instance, target)
            status, answer = await self._forward(source, instance, path, body, headers)
            if status == 404:
                # The container does not have it any more: it was started again, or unloaded the model by itself.
                path = await models.path(instance, target, again=True)
                status, answer = await self._forward(source, instance, path, body, headers)
        except LoadError as error:
            return error.answer.status, error.answer
        return status, answer

    async def _forward(
        self, source: Source, instance: Instance, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Answer]:
        try:
            with instance.busy():
                async with self._session.post(
                    f"{instance.url}{path}", data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
                ) as answer:
                    content, status = await answer.read(), answer.status
                    returned = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
        except aiohttp.ClientConnectorError:
            raise
        except TimeoutError:
            return 504, self._error(0, "Your invocation timed out while waiting for a response from container primary.")
        except aiohttp.ClientError as error:
            return 500, self._error(500, f"The container closed the connection: {error}")
        if status >= 400:
            return status, self._error(status, content.decode("utf-8", "replace"))
        return status, Answer(status, content, returned | {"X-Amzn-Invoked-Production-Variant": source.variant})

    def _unavailable(self, source: Source) -> Answer:
        message = f"No instance of variant {source.variant} of {self._endpoint} is healthy."
        return Answer.error("ServiceUnavailable", 503, message)

    def _error(self, status: int, message: str) -> Answer:
        return model_error(self._region, self._endpoint, status, message)
