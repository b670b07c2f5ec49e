"""InvokeEndpointAsync: the request is an object of S3, the answer will be one, and the caller waits for neither."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass

from moto.sns.models import sns_backends

from local.cloud.answer import Answer, validation_error
from local.cloud.hosting import SAGEMAKER, Hosting
from local.cloud.router import Router
from local.cloud.storage_access import read, write
from local.state import ACCOUNT

log = logging.getLogger(__name__)
INPUT = b"x-amzn-sagemaker-inputlocation"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request that was taken on: where it comes from, where its answer goes, and as whom."""

    source: str
    target: str
    failed: str
    role: str
    kms_key: str | None
    topics: dict[str, str]


class Asynchronous:
    """Asynchronous endpoints. https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html"""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting

    def accept(self, region: str, name: str, headers: dict[bytes, bytes]) -> Answer:
        """Takes a request on and says where its answer will be."""
        router, source = self._hosting.routers.get((region, name)), headers.get(INPUT, b"").decode("latin1")
        if router is None:
            return validation_error(f"Endpoint {name} of account {ACCOUNT} not found.")
        plan = SAGEMAKER[ACCOUNT][region].endpoints[name].plan
        if plan.asynchronous is None:
            return validation_error(f"Endpoint {name} is not an asynchronous endpoint: call InvokeEndpoint.")
        output, inference = plan.asynchronous["OutputConfig"], str(uuid.uuid4())
        request = Request(
            source=source,
            target=f"{output['S3OutputPath'].rstrip('/')}/{inference}.out",
            failed=f"{output['S3FailurePath'].rstrip('/')}/{inference}-error.out" if "S3FailurePath" in output else "",
            role=plan.variants[0].role,
            kms_key=output.get("KmsKeyId"),
            topics=output.get("NotificationConfig", {}),
        )
        self._hosting.begin(self._serve(router, headers, request))
        shown = {"X-Amzn-SageMaker-OutputLocation": request.target, "Content-Type": "application/json"}
        if request.failed:
            shown["X-Amzn-SageMaker-FailureLocation"] = request.failed
        inference = headers.get(b"x-amzn-sagemaker-inference-id", inference.encode()).decode("latin1")
        return Answer(202, json.dumps({"InferenceId": inference}).encode(), shown)

    async def _serve(self, router: Router, headers: dict[bytes, bytes], request: Request) -> None:
        account, good = self._hosting.account, False
        try:
            body = await account.locked(lambda: read(request.source, request.role))
            answer = await router.invoke(body, headers, asynchronous=True)
            good = answer.status < 300
            if url := request.target if good else request.failed:
                await account.locked(lambda: write(url, answer.body, request.kms_key, request.role))
        except PermissionError as error:
            good = False
            log.warning("asynchronous request for %s: %s", router.endpoint, error)
        if topic := request.topics.get("SuccessTopic" if good else "ErrorTopic"):
            message = {
                "invocationStatus": "Completed" if good else "Failed",
                "requestParameters": {"endpointName": router.endpoint, "inputLocation": request.source},
                "responseParameters": {"outputLocation": request.target},
            }
            await account.locked(lambda: sns_backends[ACCOUNT][router.region].publish(json.dumps(message), topic))
        account.changed()
