"""Training jobs that run: a model's own container learns from S3's data, and S3 gets the artifact."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from moto.sagemaker.exceptions import AWSValidationException

from local.cloud import access, artifacts, job_process
from local.cloud.hosting import Hosting
from local.cloud.job_process import Host, JobError
from local.cloud.job_record import now
from local.cloud.jobs import Jobs, unserved
from local.cloud.storage_access import objects, write
from local.cloud.training_host import hosts, prepared
from local.cloud.transform_input import InputError

DAY = 86_400
# AWS's own pattern lets a name be `..`, which would lead out of the folder of all channels.
CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ARGUMENTS = (
    "vpc_config",
    "stopping_condition",
    "enable_network_isolation",
    "enable_inter_container_traffic_encryption",
    "enable_managed_spot_training",
    "checkpoint_config",
    "debug_hook_config",
    "debug_rule_configurations",
    "tensor_board_output_config",
    "experiment_config",
)


class TrainingJobs(Jobs):
    """Every training job.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """

    word = "Training"

    def __init__(self, hosting: Hosting) -> None:
        super().__init__(hosting)
        # Daemons side by side begin at different addresses.
        self._numbers = itertools.count(os.getpid() * 100)

    def check(self, region: str, given: dict[str, Any]) -> None:
        if reason := access.refusal(given["RoleArn"], None, region):
            raise AWSValidationException(reason)
        if asked := _unserved(given):
            raise unserved(asked)
        for channel in given.get("InputDataConfig") or ():
            if not CHANNEL.fullmatch(channel["ChannelName"]):
                raise AWSValidationException(f"ChannelName: got {channel['ChannelName']!r}, allowed {CHANNEL.pattern}")
            source = channel["DataSource"]["S3DataSource"]
            try:
                objects(source, given["RoleArn"])
            except (InputError, PermissionError) as error:
                raise AWSValidationException(
                    f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source. Please ensure '
                    "that the bucket exists in the selected region, that objects exist under that S3 prefix, and that "
                    f'the role "{given["RoleArn"]}" has "s3:ListBucket" permissions on the bucket. Error message: '
                    f'"{error}"'
                ) from error

    def make(self, backend: Any, given: dict[str, Any], tags: Any) -> Any:
        job = backend.create_training_job(
            training_job_name=given["TrainingJobName"],
            hyper_parameters=given.get("HyperParameters") or {},
            algorithm_specification=dict(given["AlgorithmSpecification"]),
            role_arn=given["RoleArn"],
            input_data_config=given.get("InputDataConfig") or [],
            output_data_config=given["OutputDataConfig"],
            resource_config=given["ResourceConfig"],
            tags=tags,
            **dict.fromkeys(ARGUMENTS),
        )
        job.artifact = None
        return job

    def shown(self, job: Any) -> dict[str, Any]:
        flags = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
        seconds = int((job.ended - job.started).total_seconds()) if job.ended and job.started else None
        return {name: job.given.get(name, False) for name in flags} | {
            "SecondaryStatus": job.secondary[-1]["Status"],
            "SecondaryStatusTransitions": job.secondary,
            "ModelArtifacts": {"S3ModelArtifacts": job.artifact} if job.artifact else None,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": seconds,
        }

    async def work(self, region: str, job: Any) -> None:
        given, uri = job.given, job.given["AlgorithmSpecification"]["TrainingImage"]
        image = await job_process.image(self.account, uri, region, self.state)
        await self.go(region, job, "Downloading")
        count = int(given["ResourceConfig"].get("InstanceCount", 1))
        names = hosts(next(self._numbers), count)
        containers = []
        for number in range(count):
            root = self.root(job) / f"algo-{number + 1}"
            ours = await prepared(self.account, given, root, names, number) | {
                "TRAINING_JOB_NAME": given["TrainingJobName"],
                "TRAINING_JOB_ARN": job.arn,
            }
            containers.append(
                Host(
                    command=job_process.command(image, given["AlgorithmSpecification"], ["train"], root),
                    environment=job_process.environment(image, given.get("Environment") or {}, ours, root),
                    folder=image.folder,
                    root=root,
                    output=self.output(region, job, f"algo-{number + 1}"),
                )
            )
        job.started = now()
        await self.go(region, job, "Training")
        limit = float((given.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or DAY)
        statuses = await job_process.run(containers, self.state.cloud / "pids", limit, self.grace)
        _judge(containers, statuses)
        await self.go(region, job, "Uploading")
        await self._upload(job, [host.root for host in containers])

    async def _upload(self, job: Any, roots: list[Path]) -> None:
        """The artifact of all hosts, and what they left in output/data, below the job's own prefix."""
        given, target = job.given, job.given["OutputDataConfig"]
        prefix = f"{target['S3OutputPath'].rstrip('/')}/{given['TrainingJobName']}/output"
        for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
            folders = [root / folder for root in roots]
            if name == "output.tar.gz" and not any(path.is_file() for each in folders for path in each.rglob("*")):
                continue
            try:
                content = await asyncio.to_thread(artifacts.pack, folders)
            except artifacts.ArtifactError as error:
                raise JobError(f"AlgorithmError: {error}") from error
            url, key = f"{prefix}/{name}", target.get("KmsKeyId")
            await self.account.locked(partial(write, url, content, key, given["RoleArn"]))
            job.artifact = url if name == "model.tar.gz" else job.artifact


def _judge(containers: list[Host], statuses: list[int]) -> None:
    """Raises JobError with what the first host that failed wrote to /opt/ml/output/failure, else its last line."""
    # A host that was ended because another failed is not the one to ask.
    for host, status in sorted(zip(containers, statuses, strict=True), key=lambda each: each[1] == 143):
        if status:
            file = host.root / "output" / "failure"
            said = file.read_text(errors="replace").strip() if file.is_file() else host.output.tail()
            raise JobError(f"AlgorithmError: {said[:900]}, exit code: {status}")


def _unserved(given: dict[str, Any]) -> str | None:
    algorithm, channels = given["AlgorithmSpecification"], given.get("InputDataConfig") or ()
    modes = [algorithm.get("TrainingInputMode", "File"), *(channel.get("InputMode", "File") for channel in channels)]
    if "TrainingImage" not in algorithm:
        return "AlgorithmSpecification without TrainingImage"
    if "Pipe" in modes:
        return "TrainingInputMode Pipe"
    if given.get("CheckpointConfig"):
        return "CheckpointConfig"
    count = int(given["ResourceConfig"].get("InstanceCount", 1))
    if given["ResourceConfig"].get("InstanceGroups") or (count > 1 and sys.platform != "linux"):
        return f"ResourceConfig with instance groups, or InstanceCount {count} on {sys.platform}"
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource") or {}
        if source.get("S3DataType") not in ("S3Prefix", "ManifestFile"):
            return f"channel {channel['ChannelName']} of {source.get('S3DataType', 'a file system')}"
        if channel.get("CompressionType", "None") != "None" or channel.get("RecordWrapperType", "None") != "None":
            return f"channel {channel['ChannelName']} with CompressionType or RecordWrapperType"
    return None
