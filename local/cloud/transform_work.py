"""The work of one transform job: containers of its own, every object split, answered and put together again."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from local.cloud.fleet import Fleet
from local.cloud.hosting import Hosting
from local.cloud.plan import Plan
from local.cloud.storage_access import objects, read, write
from local.cloud.transform_input import InputError, assembled, output_key, payloads

MEGABYTE = 1024 * 1024


async def transform(hosting: Hosting, region: str, given: dict[str, Any], model: dict[str, Any]) -> int:
    """Does the whole job and answers how many objects it wrote.

    Raises InputError or PermissionError for what the caller did wrong, one of FAILURES for what the container did.
    """
    role, source = model["ExecutionRoleArn"], given["TransformInput"]["DataSource"]["S3DataSource"]
    output, kms = urlsplit(given["TransformOutput"]["S3OutputPath"]), given["TransformOutput"].get("KmsKeyId")
    account = hosting.account
    inputs = await account.locked(lambda: objects(source, role))
    if source["S3DataType"] == "ManifestFile":
        # Outputs of a manifest leave out the folder of its first name.
        first = urlsplit(inputs[0][0]).path.lstrip("/").rpartition("/")[0] if inputs else ""
        inputs = [(url, first) for url, _ in inputs]
    fleet = await _fleet(hosting, region, given, model)
    try:
        for url, prefix in inputs:
            content = await account.locked(partial(read, url, role))
            answers = await _answers(hosting, fleet, given, url, content)
            key = output_key(urlsplit(url).path.lstrip("/"), prefix, output.path)
            body = assembled(answers, given["TransformOutput"].get("AssembleWith", "None"))
            target = f"s3://{output.netloc}/{key}"
            await account.locked(partial(write, target, body, kms, role))
            account.changed()
    finally:
        await fleet.stop()
    return len(inputs)


async def _fleet(hosting: Hosting, region: str, given: dict[str, Any], model: dict[str, Any]) -> Fleet:
    name, resources = given["TransformJobName"], given["TransformResources"]
    variant = {"VariantName": name, "ModelName": model["ModelName"], "InstanceType": resources["InstanceType"]}
    config = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    (one,) = Plan.of(config, {model["ModelName"]: model}).variants
    # https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
    one.environment.update(given.get("Environment") or {})
    one.environment["SAGEMAKER_BATCH"] = "true"
    one.environment["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(given.get("MaxPayloadInMB", 6))
    one.environment["SAGEMAKER_BATCH_STRATEGY"] = given.get("BatchStrategy", "MultiRecord").upper()
    fleet = await hosting.provisioner.fleet(one, region, f"transform/{name}")
    await hosting.provisioner.resize(fleet, int(resources["InstanceCount"]))
    return fleet


async def _answers(hosting: Hosting, fleet: Fleet, given: dict[str, Any], url: str, content: bytes) -> list[bytes]:
    limit = int(given.get("MaxPayloadInMB", 6)) * MEGABYTE
    split = given["TransformInput"].get("SplitType", "None")
    bodies = payloads(content, split, given.get("BatchStrategy", "MultiRecord"), limit)
    turns = asyncio.Semaphore(int(given.get("MaxConcurrentTransforms") or 1))

    async def answer(body: bytes) -> bytes:
        async with turns:
            return await _ask(hosting, fleet, given, url, body)

    return list(await asyncio.gather(*(answer(body) for body in bodies)))


async def _ask(hosting: Hosting, fleet: Fleet, given: dict[str, Any], url: str, body: bytes) -> bytes:
    client = given.get("ModelClientConfig") or {}
    timeout = aiohttp.ClientTimeout(total=int(client.get("InvocationsTimeoutInSeconds", 600)))
    headers = {"content-type": given["TransformInput"].get("ContentType", "application/octet-stream")}
    if accept := given["TransformOutput"].get("Accept"):
        headers["accept"] = accept
    said = "no container is healthy"
    for _ in range(1 + int(client.get("InvocationsMaxRetries", 3))):
        if instance := fleet.pick():
            with instance.busy():
                async with hosting.session.post(
                    f"{instance.url}/invocations", data=body, headers=headers, timeout=timeout
                ) as answer:
                    content = await answer.read()
            if answer.status < 400:
                return content
            said = f"the container answered {answer.status}: {content.decode('utf-8', 'replace')[:300]}"
            if answer.status < 500:
                break
        await hosting.clock.sleep(1)
    raise InputError(f"ClientError: {url}: {said}. See job logs for more information.")
