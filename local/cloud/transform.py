"""Transform jobs that run: a model's own container answers for every record of the input, and S3 gets the answers."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import Any

import aiohttp
from moto.core.responses import ActionResult, EmptyResult
from moto.events.models import events_backends
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException
from moto.sagemaker.responses import SageMakerResponse

from local.cloud.definitions import arn_of
from local.cloud.hosting import SAGEMAKER, Hosting
from local.cloud.provision import FAILURES
from local.cloud.transform_input import InputError
from local.cloud.transform_work import transform
from local.state import ACCOUNT

log = logging.getLogger(__name__)


class Transforms:
    """Every transform job. moto's job carries two attributes of ours: `given`, the request, and `failure_reason`."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting, self._account = hosting, hosting.account
        self._running: dict[str, asyncio.Task[None]] = {}

    def install(self) -> None:
        """Puts our operations in the place of moto's, whose jobs are finished before they begin."""
        moto: Any = SageMakerResponse
        moto.create_transform_job = lambda response: self._create(response)
        moto.stop_transform_job = lambda response: self._stop(response)
        moto.describe_transform_job = describe

    def restore(self) -> None:
        """What ran when the daemon was killed has failed. Call it with the account's lock held."""
        for region, backend in list(SAGEMAKER[ACCOUNT].items()):
            for job in backend.transform_jobs.values():
                if job.transform_job_status in ("InProgress", "Stopping"):
                    self._set(region, job, "Failed", "InternalServerError: the emulated account stopped meanwhile.")

    def _create(self, response: Any) -> ActionResult:
        given, backend = {k: v for k, v in response.params.items() if k != "Tags"}, response.sagemaker_backend
        name = given["TransformJobName"]
        if name in backend.transform_jobs:
            raise ResourceInUseException(f"Job name must be unique within an AWS account and region: {name}")
        if unserved := _unserved(given):
            raise AWSValidationException(f"{unserved}: the emulated account does not serve this (docs/limits.md).")
        model = backend.describe_model(given["ModelName"])
        job = backend.create_transform_job(
            **dict.fromkeys(ARGUMENTS),
            transform_job_name=name,
            model_name=given["ModelName"],
            tags=response._get_param("Tags"),
        )
        job.given, job.transform_end_time = given, None
        self._set(response.region, job, "InProgress")
        work = self._run(response.region, job, model.given)
        self._hosting.loop.call_soon_threadsafe(self._start, job, work)
        return ActionResult({"TransformJobArn": job.arn})

    def _start(self, job: Any, work: Any) -> None:
        self._running[job.arn] = self._hosting.loop.create_task(work)

    def _stop(self, response: Any) -> ActionResult:
        job = _job(response)
        if job.transform_job_status != "InProgress":
            raise AWSValidationException(
                f"The request was rejected because the job is in {job.transform_job_status} status."
            )
        self._set(response.region, job, "Stopping")
        self._hosting.loop.call_soon_threadsafe(self._cancel, job.arn)
        return EmptyResult()

    def _cancel(self, arn: str) -> None:
        if task := self._running.get(arn):
            task.cancel()

    async def close(self) -> None:
        """Ends every container; what ran counts as failed when the daemon starts again."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, region: str, job: Any, model: dict[str, Any]) -> None:
        try:
            written = await transform(self._hosting, region, job.given, model)
            status, failure = "Completed", None
            log.info("transform job %s: %d objects", job.transform_job_name, written)
        except asyncio.CancelledError:
            if job.transform_job_status != "Stopping":
                raise
            status, failure = "Stopped", None
        except (InputError, PermissionError) as error:
            status, failure = "Failed", str(error)
        except (*FAILURES, aiohttp.ClientError, TimeoutError) as error:
            status, failure = "Failed", f"AlgorithmError: {type(error).__name__}: {error}"
        except Exception as error:
            log.exception("transform job %s", job.transform_job_name)
            status, failure = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        self._running.pop(job.arn, None)
        await self._account.locked(lambda: self._set(region, job, status, failure))

    def _set(self, region: str, job: Any, status: str, failure: str | None = None) -> None:
        """The job's new status, which rules can hear of as on AWS. Call it with the account's lock held."""
        now = datetime.now(UTC).replace(tzinfo=None)
        job.transform_job_status, job.failure_reason, job.last_modified_time = status, failure, now
        if status not in ("InProgress", "Stopping"):
            job.transform_end_time = now
        log.info("transform job %s: %s %s", job.transform_job_name, status, failure or "")
        detail = {"TransformJobName": job.transform_job_name, "TransformJobArn": job.arn, "TransformJobStatus": status}
        entry = {
            "Source": "aws.sagemaker",
            "DetailType": "SageMaker Transform Job State Change",
            "Resources": [job.arn],
        }
        detail |= {"ModelName": job.model_name} | ({"FailureReason": failure} if failure else {})
        events_backends[ACCOUNT][region].put_events([entry | {"Detail": json.dumps(detail)}])
        self._account.changed()


ARGUMENTS = (
    "max_concurrent_transforms",
    "model_client_config",
    "max_payload_in_mb",
    "batch_strategy",
    "environment",
    "transform_input",
    "transform_output",
    "data_capture_config",
    "transform_resources",
    "data_processing",
    "experiment_config",
)


def describe(response: Any) -> ActionResult:
    job = _job(response)
    shown = job.given | {
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.transform_job_status,
        "FailureReason": (job.failure_reason or "")[:1024] or None,
        "CreationTime": job.creation_time,
        "TransformStartTime": job.transform_start_time,
        "TransformEndTime": job.transform_end_time,
    }
    return ActionResult({name: value for name, value in shown.items() if value is not None})


def _job(response: Any) -> Any:
    name = response._get_param("TransformJobName")
    if name not in response.sagemaker_backend.transform_jobs:
        raise AWSValidationException(
            f"Could not find requested job with name: {arn_of(response, 'transform-job', name)}"
        )
    return response.sagemaker_backend.transform_jobs[name]


def _unserved(given: dict[str, Any]) -> str | None:
    source, processing = given["TransformInput"], given.get("DataProcessing") or {}
    if source.get("SplitType", "None") not in ("None", "Line"):
        return f"TransformInput.SplitType {source['SplitType']}"
    if source.get("CompressionType", "None") != "None":
        return f"TransformInput.CompressionType {source['CompressionType']}"
    asked = {name: value for name, value in processing.items() if value not in ("$", "None")}
    return f"DataProcessing {asked}" if asked else None
