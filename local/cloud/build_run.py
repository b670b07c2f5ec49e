"""One build: its source, its tools, and a shell per phase of its buildspec."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends
from moto.ssm.models import ssm_backends

from local.cloud import build_engine, build_record, build_tools
from local.cloud.account import Account
from local.cloud.build_source import SourceError, fetch
from local.cloud.buildspec import PHASES, Buildspec, script
from local.cloud.processes import end_group, forget, remember
from local.state import ACCOUNT, REPOSITORY, State
from local.toolchain.environment import environment

log = logging.getLogger(__name__)
# How this machine finds packages: its index, certificates, caches and proxies (kept by local/cloud/daemon.py).
PASSED = ("HOME", "TMPDIR", "UV_", "PIP_", "XDG_", "SSL_CERT_", "REQUESTS_CA_BUNDLE")
PROXY = "TAKEOFF_BUILD_"


class BuildError(RuntimeError):
    """Why a phase failed, as its context says it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Run:
    """One build from PROVISIONING to COMPLETED, in a thread of its own."""

    def __init__(self, build: build_record.Record, state: State, account: Account, endpoint: str) -> None:
        self.build, self._state, self._account, self._endpoint = build, state, account, endpoint
        self._stream = build["id"].rpartition(":")[2]
        self._region = build["arn"].split(":")[3]
        self._folder = state.cloud / "builds" / self._stream
        self._source = self._folder / "src"
        # What comes from GitHub is this repository, and its builds apply stacks (infra/buildspec.yml).
        self._deploys = build["source"]["type"] == "GITHUB"
        self._cut: str | None = None
        self._pid = 0

    def end(self, how: str) -> None:
        """Cut the build short: STOPPED or TIMED_OUT. Its processes end at once, the record soon after."""
        self._cut = self._cut or how
        if self._pid:
            end_group(self._pid, signal.SIGKILL)

    def run(self) -> None:
        """Whatever goes wrong in a build is in its record, and nobody else's."""
        try:
            status = "SUCCEEDED" if self._phases() else "FAILED"
        except Exception as error:
            log.exception("build %s", self.build["id"])
            with self._account.lock:
                build_record.end(self.build, "FAULT", "INTERNAL_ERROR", str(error))
            status = "FAULT"
        shutil.rmtree(self._folder, ignore_errors=True)
        with self._account.lock:
            build_record.complete(self.build, self._cut or status)
        self._account.changed()

    def _phases(self) -> bool:
        """Phases in AWS's order: a failed INSTALL or PRE_BUILD ends the build, a failed BUILD still has its POST_BUILD.

        https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html#view-build-details-phases
        """
        spec: list[Buildspec] = []
        if not self._phase("PROVISIONING", self._tools):
            return False
        if not self._phase("DOWNLOAD_SOURCE", lambda: spec.append(self._fetch())):
            return False
        (self._folder / "folder").write_text(str(self._source))
        variables, succeeding = self._environment(spec[0]), True
        for name in PHASES:
            variables["CODEBUILD_BUILD_SUCCEEDING"] = str(int(succeeding))
            commands = spec[0].phases.get(name, [])
            done = self._phase(name.upper(), lambda c=commands: self._shell(spec[0].shell, c, variables))  # type: ignore[misc]
            succeeding = succeeding and done
            if not done and name != "build":
                break
        with self._account.lock:
            self.build["exportedEnvironmentVariables"] = [
                {"name": each, "value": variables.get(each, "")} for each in spec[0].exported
            ]
        return succeeding

    def _phase(self, name: str, work: Callable[[], None]) -> bool:
        """Do a phase's work and write down how it went; whether it succeeded."""
        if self._cut:
            return False
        with self._account.lock:
            build_record.begin(self.build, name)
        self._account.changed()
        try:
            work()
        except BuildError as error:
            with self._account.lock:
                build_record.end(self.build, self._cut or "FAILED", error.code, error.message)
            self._write(f"[Container] Phase complete: {name} State: {self._cut or 'FAILED'}\n[Container] {error}")
            return False
        with self._account.lock:
            build_record.end(self.build, "SUCCEEDED")
        return True

    def _tools(self) -> None:
        """The programs that the buildspec finds in front of all others."""
        (self._folder / "bin").mkdir(parents=True)
        found = [(build_tools.__name__, program) for program in build_tools.PROGRAMS]
        found += [(build_engine.__name__, program) for program in build_engine.PROGRAMS] if self._deploys else []
        for module, program in found:
            file = self._folder / "bin" / program
            # -P: the source that is built must not stand before our own modules.
            run = f'"{sys.executable}" -P -m {module} {program}'
            file.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec {run} "$@"\n')
            file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def _fetch(self) -> Buildspec:
        """Get the source and read the buildspec."""
        try:
            return fetch(self.build["source"], self.build["sourceVersion"], self._source, self._account)
        except SourceError as error:
            raise BuildError(error.code, str(error)) from error

    def _shell(self, shell: str, commands: list[str], variables: dict[str, str]) -> None:
        """Run a phase's commands in one shell, its lines into the log; its variables are the next one's too."""
        if not commands:
            return
        process = subprocess.Popen(
            [shell, "-c", script(commands)],
            env=variables,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        remember(self._state.cloud / "pids", process.pid)
        self._pid = process.pid
        if self._cut:  # before there was a process to end
            self.end(self._cut)
        for line in process.stdout or ():
            self._write(line)
        status = process.wait()
        self._pid = 0
        forget(self._state.cloud / "pids", process.pid)
        with suppress(OSError):
            pairs = (self._folder / "variables").read_text().split("\0")
            variables |= dict(pair.partition("=")[::2] for pair in pairs if pair)
        if self._cut:
            raise BuildError("BUILD_" + self._cut, "the build was cut short")
        if status:
            command = commands[int((self._folder / "command").read_text())].strip()
            reason = f"Error while executing command: {command}. Reason: exit status {status}"
            raise BuildError("COMMAND_EXECUTION_ERROR", reason)

    def _write(self, text: str) -> None:
        """Put lines into the build's CloudWatch stream."""
        group, moment = self.build["logs"]["groupName"], int(datetime.now(UTC).timestamp() * 1000)
        events = [{"timestamp": moment, "message": line} for line in text.splitlines() if line]
        with self._account.lock:
            logs = logs_backends[ACCOUNT][self._region]
            logs.ensure_log_group(group)
            if self._stream not in logs.groups[group].streams:
                logs.create_log_stream(group, self._stream)
            if events:
                logs.put_log_events(group, self._stream, events)

    def _environment(self, spec: Buildspec) -> dict[str, str]:
        """CodeBuild's variables, the project's, the buildspec's, and an account that is the emulated one."""
        with self._account.lock:
            stored = {name: self._parameter(parameter) for name, parameter in spec.parameters.items()}
        machine = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
        machine |= {n.removeprefix(PROXY): value for n, value in os.environ.items() if n.startswith(PROXY)}
        direct = machine.get("no_proxy") or machine.get("NO_PROXY") or "localhost"
        given = {each["name"]: each["value"] for each in self.build["environment"]["environmentVariables"]}
        search = os.pathsep.join((str(self._folder / "bin"), "/usr/bin", "/bin"))
        return {
            "LANG": "C.UTF-8",
            **machine,
            **(self._engine(search) if self._deploys else {}),
            **spec.variables,
            **stored,
            **given,
            "PATH": search,
            **dict.fromkeys(("NO_PROXY", "no_proxy"), f"{direct},127.0.0.1"),
            "TAKEOFF_STATE": str(self._state.root),
            "TAKEOFF_DOCKER": str(self._folder),
            "TAKEOFF_PHASE": str(self._folder),
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": "takeoff-local",
            "AWS_SECRET_ACCESS_KEY": "takeoff-local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CODEBUILD_BUILD_ID": self.build["id"],
            "CODEBUILD_BUILD_ARN": self.build["arn"],
            "CODEBUILD_BUILD_NUMBER": str(self.build["buildNumber"]),
            "CODEBUILD_INITIATOR": self.build["initiator"],
            "CODEBUILD_LOG_PATH": self._stream,
            "CODEBUILD_SOURCE_VERSION": self.build["sourceVersion"],
            "CODEBUILD_SRC_DIR": str(self._source),
        }

    def _engine(self, search: str) -> dict[str, str]:
        """What `make up` runs in, with a home of the build's own: the buildspec writes its role there."""
        found = {name: os.environ[name] for name in ("TAKEOFF_STACK_FILE",) if name in os.environ}
        return environment(self._state, self._endpoint, {"PATH": search, "HOME": str(self._folder), **found})

    def _parameter(self, name: str) -> str:
        found: Any = ssm_backends[ACCOUNT][self._region].get_parameter(name)
        if found is None:
            raise BuildError("CLIENT_ERROR", f"ParameterNotFound: {name}")
        return str(found.value)
