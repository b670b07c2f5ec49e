"""Processing jobs that run: a container reads what S3 has, works in folders, and S3 gets what it left in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moto.sagemaker.exceptions import AWSValidationException

from local.cloud import access, job_process
from local.cloud.job_process import Host, JobError
from local.cloud.job_record import now
from local.cloud.job_storage import download, upload
from local.cloud.jobs import Jobs, unserved

DAY = 86_400
# AWS: paths of inputs and outputs begin with this.
PROCESSING = "/opt/ml/processing/"


class ProcessingJobs(Jobs):
    """Every processing job.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
    """

    word = "Processing"

    def check(self, region: str, given: dict[str, Any]) -> None:
        if reason := access.refusal(given["RoleArn"], None, region):
            raise AWSValidationException(reason)
        if asked := _unserved(given):
            raise unserved(asked)
        for kind, each in _ends(given):
            path = each.get("LocalPath") or ""
            if not f"{path}/".startswith(PROCESSING) or ".." in path.split("/"):
                raise AWSValidationException(f"{kind}.LocalPath must begin with {PROCESSING}; got {path!r}.")

    def make(self, backend: Any, given: dict[str, Any], tags: Any) -> Any:
        job = backend.create_processing_job(
            app_specification=given["AppSpecification"],
            experiment_config=None,
            network_config=given.get("NetworkConfig"),
            processing_inputs=given.get("ProcessingInputs") or [],
            processing_job_name=given["ProcessingJobName"],
            processing_output_config=given.get("ProcessingOutputConfig") or {},
            role_arn=given["RoleArn"],
            tags=tags,
            stopping_condition=given.get("StoppingCondition"),
        )
        job.exit_message = None
        return job

    def shown(self, job: Any) -> dict[str, Any]:
        return {"ExitMessage": job.exit_message}

    async def work(self, region: str, job: Any) -> None:
        given, root, specification = job.given, self.root(job), job.given["AppSpecification"]
        role, outputs = given["RoleArn"], given.get("ProcessingOutputConfig") or {}
        image = await job_process.image(self.account, specification["ImageUri"], region, self.state)
        for each in given.get("ProcessingInputs") or ():
            folder = _here(each["S3Input"]["LocalPath"], root)
            await download(self.account, each["S3Input"], role, folder, slice(None))
        for each in outputs.get("Outputs") or ():
            _here(each["S3Output"]["LocalPath"], root).mkdir(parents=True, exist_ok=True)
        for made in ("processing", "output/data"):
            (root / made).mkdir(parents=True, exist_ok=True)
        # The second is for what the container writes beside: /opt/ml/output/message.
        ours = {"TAKEOFF_PROCESSING_DIR": str(root / "processing"), "SM_OUTPUT_DATA_DIR": str(root / "output" / "data")}
        host = Host(
            command=job_process.command(image, specification, [], root),
            environment=job_process.environment(image, given.get("Environment") or {}, ours, root),
            folder=image.folder,
            root=root,
            output=self.output(region, job, "algo-1"),
        )
        job.started = now()
        limit = float((given.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or DAY)
        (status,) = await job_process.run([host], self.state.cloud / "pids", limit, self.grace)
        message = root / "output" / "message"
        if message.is_file():
            # AWS shows the first kilobyte of it, whether the job failed or not.
            job.exit_message = message.read_bytes()[:1024].decode("utf-8", "ignore")
        if status:
            raise JobError(f"AlgorithmError: {(job.exit_message or host.output.tail())[:900]}, exit code: {status}")
        for each in outputs.get("Outputs") or ():
            folder = _here(each["S3Output"]["LocalPath"], root)
            await upload(self.account, folder, each["S3Output"]["S3Uri"], outputs.get("KmsKeyId"), role)


def _here(path: str, root: Path) -> Path:
    (found,) = job_process.redirected([path], root)
    return Path(found)


def _ends(given: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every place where S3 and the container's folders meet."""
    inputs = [("S3Input", each["S3Input"]) for each in given.get("ProcessingInputs") or ()]
    outputs = (given.get("ProcessingOutputConfig") or {}).get("Outputs") or ()
    return [*inputs, *(("S3Output", each["S3Output"]) for each in outputs)]


def _unserved(given: dict[str, Any]) -> str | None:
    inputs = given.get("ProcessingInputs") or ()
    outputs = (given.get("ProcessingOutputConfig") or {}).get("Outputs") or ()
    if int(given["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1)) > 1:
        return "ProcessingResources.ClusterConfig.InstanceCount above 1"
    for each in [*inputs, *outputs]:
        name = each.get("InputName") or each.get("OutputName")
        source = each.get("S3Input") or each.get("S3Output")
        if not source or each.get("AppManaged"):
            return f"{name}: anything but S3Input and S3Output, or AppManaged"
        served = {"S3InputMode": "File", "S3CompressionType": "None", "S3UploadMode": "EndOfJob"}
        for option, value in served.items():
            if source.get(option, value) != value:
                return f"{name}: {option} {source[option]}"
    return None
