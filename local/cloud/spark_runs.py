"""EMR Serverless: a job run is this repository's own driver, run by a Spark of this machine with two threads."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.emrserverless import urls
from moto.emrserverless.exceptions import ResourceNotFoundException, ValidationException
from moto.emrserverless.models import Application, EMRServerlessBackend, emrserverless_backends
from moto.emrserverless.responses import EMRServerlessResponse

from local.cloud import access, job_process, packages
from local.cloud.hosting import Hosting
from local.cloud.job_output import Output
from local.cloud.job_process import Host, JobError
from local.state import ACCOUNT, REPOSITORY

SERVICE = "emr-serverless.amazonaws.com"
# Where model_code/monitor/Dockerfile puts the repository; here it is the repository itself.
IMAGE = "local:///opt/takeoff/"
# Kept of an application although moto knows nothing of them.
KEPT = ("architecture", "imageConfiguration", "monitoringConfiguration")
_WANTED = [["--no-deps", "-r", f"{folder}.txt"] for folder in ("model_code/monitor/requirements", "local/cloud/spark")]
_ENDED = {"Completed": "SUCCESS", "Stopped": "CANCELLED"}
_GRACE = 10.0


class SparkRuns:
    """The runs of all applications: records in moto's account, and the processes that are under way."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting, self._account, self._state = hosting, hosting.account, hosting.state
        self._tasks: set[asyncio.Task[None]] = set()
        self.endpoint = ""

    def install(self) -> None:
        """Puts ourselves in the place of moto's runs, which succeed without doing anything."""
        moto: Any = EMRServerlessResponse
        create, update, get = moto.create_application, moto.update_application, moto.get_application

        backends: Any = EMRServerlessBackend
        make = backends.create_application

        def make_application(backend: Any, application_type: str, **given: Any) -> Any:
            # AWS takes any spelling.
            return make(backend, application_type=application_type.upper(), **given)

        def create_application(response: Any) -> Any:
            known = set(response.emrserverless_backend.applications)
            created = create(response)
            (made,) = response.emrserverless_backend.applications.keys() - known
            application = response.emrserverless_backend.applications[made]
            # AWS: CREATED until the first run starts it; moto's are started at once, and then nothing deletes them.
            application.state, application.given = "CREATED", {}
            _keep(application, response)
            return created

        def update_application(response: Any) -> Any:
            update(response)
            _keep(_application(response), response)
            return get_application(response)

        def get_application(response: Any) -> ActionResult:
            get(response)
            return ActionResult({"application": _shown(_application(response))})

        def delete_application(response: Any) -> ActionResult:
            application = _application(response)
            response.emrserverless_backend.delete_application(application.id)
            del response.emrserverless_backend.applications[application.id]
            return ActionResult({})

        backends.create_application = make_application
        moto.tag_resource, moto.untag_resource = _tag, _untag
        moto.list_tags_for_resource = lambda response: ActionResult({"tags": _tagged(response).tags})
        # moto has no such operations.
        urls.url_paths["{0}/tags/(?P<resourceArn>.+)$"] = EMRServerlessResponse.dispatch
        moto.create_application, moto.update_application = create_application, update_application
        moto.get_application, moto.delete_application = get_application, delete_application
        moto.start_job_run = lambda response: ActionResult(self.start(response))

    def restore(self) -> None:
        """What ran when the daemon was killed has failed."""
        for backend in emrserverless_backends[ACCOUNT].values():
            for run in (run for runs in backend.job_runs.values() for run in runs):
                if run.state in ("SUBMITTED", "RUNNING"):
                    run.state, run.state_details = "FAILED", "the emulated account stopped meanwhile"

    async def close(self) -> None:
        """Ends every run at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, response: Any) -> dict[str, Any]:
        """Answers StartJobRun, with the account's lock held: of one token there is one run."""
        application, backend = _application(response), response.emrserverless_backend
        token, role = response._get_param("clientToken"), response._get_param("executionRoleArn")
        runs = backend.job_runs.setdefault(application.id, [])
        run = next((run for run in runs if run.client_token == token), None)
        if run is None:
            if not access.trusted(role, SERVICE):
                raise ValidationException(f"Execution role {role} is not assumable by {SERVICE}")
            driver = response._get_param("jobDriver").get("sparkSubmit")
            if not driver or not driver["entryPoint"].startswith(IMAGE):
                raise ValidationException(f"jobDriver: the emulated account runs {IMAGE}… alone (docs/limits.md)")
            run = backend.start_job_run(
                application_id=application.id,
                client_token=token,
                execution_role_arn=role,
                job_driver=response._get_param("jobDriver"),
                configuration_overrides=None,
                tags=response._get_param("tags"),
                execution_timeout_minutes=response._get_int_param("executionTimeoutMinutes"),
                name=response._get_param("name"),
            )
            run.state, run.created_at, application.state = "SUBMITTED", _now(), "STARTED"
            self._hosting.loop.call_soon_threadsafe(self._begin, response.region, application, run)
        return {"applicationId": application.id, "jobRunId": run.id, "arn": run.arn}

    def _begin(self, region: str, application: Any, run: Any) -> None:
        task = self._hosting.loop.create_task(self._follow(region, application, run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, region: str, application: Any, run: Any) -> None:
        work = asyncio.create_task(self._work(region, application, run))
        try:
            await asyncio.wait([work])
        finally:
            work.cancel()
        status, reason = job_process.outcome(work)
        await self._account.locked(lambda: self._end(application, run, _ENDED.get(status, "FAILED"), reason or ""))

    def _end(self, application: Any, run: Any, state: str, reason: str) -> None:
        run.state, run.state_details, run.updated_at = state, reason, _now()
        # AWS stops it after its idle minutes; that it costs nothing then is all that could be seen of them.
        application.state = "STOPPED"
        self._account.changed()

    async def _work(self, region: str, application: Any, run: Any) -> None:
        python = await asyncio.to_thread(spark_environment)
        logging = application.given.get("monitoringConfiguration", {}).get("cloudWatchLoggingConfiguration", {})
        group = logging.get("logGroupName", "/aws/emr-serverless")
        stream = f"applications/{application.id}/jobs/{run.id}/SPARK_DRIVER/stdout"
        file = self._state.cloud / "logs" / "spark" / f"{run.id}.log"
        folder = self._state.cloud / "jobs" / "spark" / run.id
        folder.mkdir(parents=True, exist_ok=True)
        host = Host(
            command=command(python, run.job_driver["sparkSubmit"]),
            environment=environment(python, self.endpoint, region, folder),
            folder=folder,
            root=folder,
            output=Output(self._account, region, group, stream, file),
        )
        run.state = "RUNNING"
        limit = 60.0 * run.execution_timeout_minutes
        try:
            (status,) = await job_process.run([host], self._state.cloud / "pids", limit, lambda: _GRACE)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if status:
            said = [line for line in file.read_text(errors="replace").splitlines() if line.startswith("takeoff: ")]
            raise JobError(f"{(said or [host.output.tail()])[-1][:900]}, exit code: {status}")


def spark_environment() -> Path:
    """The Python with the pinned Spark, made on first use (300 MB). Raises JobError where it or Java cannot be had."""
    if shutil.which("java") is None:
        raise JobError(
            "java is not on PATH: Spark needs Java 17 (apt-get install openjdk-17-jre-headless, or JAVA_HOME)"
        )
    try:
        return packages.environment(_WANTED, REPOSITORY) / "bin" / "python"
    except packages.PackagesError as error:
        raise JobError(f"Spark cannot be installed: {error}") from error


def command(python: Path, driver: Mapping[str, Any]) -> list[str]:
    """`spark-submit` of a run here. Its parameters are about image and workers, and both are this machine."""
    own = ["--master", "local[2]", "--conf", "spark.ui.enabled=false", "--conf", "spark.driver.bindAddress=127.0.0.1"]
    script = REPOSITORY / driver["entryPoint"].removeprefix(IMAGE)
    return [str(python.with_name("spark-submit")), *own, str(script), *driver.get("entryPointArguments", [])]


def environment(python: Path, endpoint: str, region: str, folder: Path) -> dict[str, str]:
    """What a run finds: this repository's code, this account's endpoint, and nothing else of this machine but Java."""
    java = {name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ}
    return java | {
        "PATH": os.pathsep.join((str(python.parent), os.environ.get("PATH", "/usr/bin:/bin"))),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder),
        "PYSPARK_PYTHON": str(python),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "takeoff-local",
        "AWS_SECRET_ACCESS_KEY": "takeoff-local",
    }


def _application(response: Any) -> Any:
    found = response.emrserverless_backend.applications.get(response._get_param("applicationId"))
    if found is None:
        raise ResourceNotFoundException(response._get_param("applicationId"))
    return found


def _tag(response: Any) -> ActionResult:
    _tagged(response).tags.update(response._get_param("tags"))
    return ActionResult({})


def _untag(response: Any) -> ActionResult:
    for key in response._get_param("tagKeys") or ():
        _tagged(response).tags.pop(key, None)
    return ActionResult({})


def _tagged(response: Any) -> Any:
    # The path of the request is the ARN, which holds slashes.
    id_ = unquote(response.uri).rpartition("/applications/")[2].partition("?")[0]
    return response.emrserverless_backend.applications[id_]


def _keep(application: Any, response: Any) -> None:
    given = {name: response._get_param(name) for name in KEPT}
    application.given = application.given | {name: value for name, value in given.items() if value is not None}


def _shown(application: Application) -> dict[str, Any]:
    members: dict[str, Any] = {
        "applicationId": application.id,
        "name": application.name,
        "arn": application.arn,
        "releaseLabel": application.release_label,
        "type": application.type,
        "state": application.state,
        "createdAt": application.created_at,
        "updatedAt": application.updated_at,
        "tags": application.tags,
        "maximumCapacity": application.maximum_capacity,
        "initialCapacity": application.initial_capacity,
        "autoStartConfiguration": application.auto_start_configuration,
        "autoStopConfiguration": application.auto_stop_configuration,
        "networkConfiguration": application.network_configuration,
        **getattr(application, "given", {}),
    }
    return {name: value for name, value in members.items() if value is not None}


def _now() -> datetime:
    """The UTC time without saying so, as moto keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)
