"""What one host of a training job finds: channels, settings, and the names and addresses of all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from local.cloud.account import Account
from local.cloud.job_storage import download


def hosts(number: int, count: int) -> list[str]:
    """Addresses that the containers of the job of this number reach each other by; alone, loopback's own.

    Linux routes all of 127.0.0.0/8 to itself, so that each job has addresses, and with them ports, of its own.
    """
    if count == 1:
        return ["127.0.0.1"]
    return [f"127.{64 + number // 250 % 128}.{number % 250 + 1}.{host + 1}" for host in range(count)]


async def prepared(
    account: Account, given: dict[str, Any], root: Path, names: list[str], number: int
) -> dict[str, str]:
    """Makes one host's folders and files as SageMaker makes them, and answers the variables that name them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html; the variables
    are those of AWS's training toolkit. Raises InputError and PermissionError for a channel that cannot be had.
    """
    settings, data = given.get("HyperParameters") or {}, root / "input" / "data"
    channels = {channel["ChannelName"]: channel for channel in given.get("InputDataConfig") or ()}
    for name, channel in channels.items():
        source = channel["DataSource"]["S3DataSource"]
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        part = slice(number, None, len(names)) if sharded else slice(None)
        await download(account, source, given["RoleArn"], data / name, part)
    resources = {"current_host": names[number], "hosts": names, "network_interface_name": "lo"}
    described = {name: {"TrainingInputMode": "File"} | _plain(channel) for name, channel in channels.items()}
    documents = {"hyperparameters": settings, "resourceconfig": resources, "inputdataconfig": described}
    for folder in ("input/config", "input/data", "model", "output/data"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (root / "input" / "config" / f"{name}.json").write_text(json.dumps(document))
    return {
        "SM_MODEL_DIR": str(root / "model"),
        "SM_INPUT_DIR": str(root / "input"),
        "SM_INPUT_CONFIG_DIR": str(root / "input" / "config"),
        "SM_OUTPUT_DIR": str(root / "output"),
        "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        "SM_CHANNELS": json.dumps(sorted(channels)),
        **{f"SM_CHANNEL_{name.upper()}": str(data / name) for name in channels},
        # Strings, as in hyperparameters.json: a container without AWS's toolkit gets nothing else there.
        "SM_HPS": json.dumps(settings),
        "SM_HOSTS": json.dumps(names),
        "SM_CURRENT_HOST": names[number],
        "SM_RESOURCE_CONFIG": json.dumps(resources),
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
    }


def _plain(channel: dict[str, Any]) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    return {
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
        **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
    }
