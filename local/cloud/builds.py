"""CodeBuild: a started build runs its project's buildspec as a process of this machine."""

from __future__ import annotations

import shutil
import threading
from typing import Any

from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.models import CodeBuildBackend, codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult

from local.cloud import build_record
from local.cloud.account import Account
from local.cloud.build_run import Run
from local.cloud.clock import Clock
from local.state import ACCOUNT, State

# What StartBuild may change of a project.
GIVEN = ("projectName", "sourceVersion", "environmentVariablesOverride", "timeoutInMinutesOverride")


class Builds:
    """The builds of all projects: records in moto's account, and the runs that are under way."""

    def __init__(self, state: State, account: Account, clock: Clock) -> None:
        self._state, self._account, self._clock = state, account, clock
        self.endpoint = ""
        self._runs: dict[str, Run] = {}

    def install(self) -> None:
        """Puts ourselves in the place of moto's builds, which succeed without doing anything."""
        responses: Any = CodeBuildResponse
        backend: Any = CodeBuildBackend

        def start_build(response: Any) -> ActionResult:
            given = {name: response._get_param(name) for name in GIVEN}
            return ActionResult({"build": self.start(response.codebuild_backend, given)})

        def list_builds_for_project(response: Any) -> ActionResult:
            name = response._get_param("projectName")
            if name not in response.codebuild_backend.codebuild_projects:
                raise ResourceNotFoundException(f"The provided project {name} does not exist")
            ids = response.codebuild_backend.build_history.get(name, [])
            return ActionResult({"ids": ids if response._get_param("sortOrder") == "ASCENDING" else ids[::-1]})

        responses.start_build, responses.list_builds_for_project = start_build, list_builds_for_project
        backend.batch_get_builds = lambda _, ids: [build for build in _records() if build["id"] in ids]
        backend.stop_build = lambda _, build_id: self._stop(build_id)

    def restore(self) -> None:
        """Ends what a killed daemon left in progress; its processes were ended already."""
        shutil.rmtree(self._state.cloud / "builds", ignore_errors=True)
        for build in _records():
            if not build["buildComplete"]:
                build_record.end(build, "FAILED", "INTERNAL_ERROR", "the emulated account ended while the build ran")
                build_record.complete(build, "FAILED")

    def stop(self) -> None:
        """Ends every build, as stopped, and waits until its record says so."""
        for run in list(self._runs.values()):
            run.end("STOPPED")
        for thread in threading.enumerate():
            if thread.name in self._runs:
                thread.join(timeout=5)

    def start(self, backend: Any, given: dict[str, Any]) -> dict[str, Any]:
        """Answers StartBuild, with the account's lock held."""
        name = str(given.get("projectName", "")).rpartition("/")[2]
        project = backend.codebuild_projects.get(name)
        if project is None:
            arn = f"arn:aws:codebuild:{backend.region_name}:{ACCOUNT}:project/{name}"
            raise ResourceNotFoundException(f"Project cannot be found: {arn}")
        metadata, history = project.project_metadata, backend.build_metadata_history[name]
        limit = metadata.get("concurrentBuildLimit")
        if limit and sum(not build["buildComplete"] for build in history) >= limit:
            said = f"Cannot have more than {limit} active builds for the project"
            raise JsonRESTError("AccountLimitExceededException", said)
        backend.start_build(name)
        build = history[-1]
        build_record.describe(build, len(history), metadata, given)
        run = self._runs[build["id"]] = Run(build, self._state, self._account, self.endpoint)
        threading.Thread(target=self._follow, args=(run,), name=build["id"], daemon=True).start()
        return dict(build)

    def _follow(self, run: Run) -> None:
        timer = threading.Timer(self._clock.real(60 * run.build["timeoutInMinutes"]), run.end, ("TIMED_OUT",))
        timer.daemon = True
        timer.start()
        run.run()
        timer.cancel()
        self._runs.pop(run.build["id"], None)

    def _stop(self, build_id: str) -> dict[str, Any]:
        if run := self._runs.get(build_id):
            run.end("STOPPED")
        return next(build for build in _records() if build["id"] == build_id)


def _records() -> list[build_record.Record]:
    """Every build of the account, as it is stored."""
    regions = codebuild_backends[ACCOUNT].values()
    return [build for backend in regions for builds in backend.build_metadata_history.values() for build in builds]
