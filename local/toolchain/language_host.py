"""Pulumi's language host for Python, for engines that were built without the official one.

The engine starts it with its own address and reads the port from the first line. It runs every program and every plugin
written in Python with the interpreter that runs it. It has no options for virtual environments and no debugger.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import IO, Any

import grpc
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

from local.toolchain.parent import die_with_parent, end_group

# pulumi-language-python-exec leaves with this when the person has been told already what went wrong.
ALREADY_SAID = 32


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs for one engine."""

    def __init__(self, engine: str, exec_script: str) -> None:
        self._engine = engine
        self._exec_script = exec_script

    def Handshake(self, _request: Any, _context: Any) -> pb.LanguageHandshakeResponse:  # noqa: N802
        return pb.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(self, _request: Any, _context: Any) -> pb.GetRequiredPackagesResponse:  # noqa: N802
        return pb.GetRequiredPackagesResponse(packages=list(required_packages()))

    def About(self, _request: Any, _context: Any) -> pb.AboutResponse:  # noqa: N802
        return pb.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetProgramDependencies(self, _request: Any, _context: Any) -> pb.GetProgramDependenciesResponse:  # noqa: N802
        found = sorted({(each.name, each.version) for each in importlib.metadata.distributions()})
        dependencies = [pb.DependencyInfo(name=name, version=version) for name, version in found]
        return pb.GetProgramDependenciesResponse(dependencies=dependencies)

    def InstallDependencies(self, _request: Any, _context: Any) -> Iterator[pb.InstallDependenciesResponse]:  # noqa: N802
        yield pb.InstallDependenciesResponse(stdout=b"`make setup` installs the packages of this repository\n")

    def Run(self, request: pb.RunRequest, _context: Any) -> pb.RunResponse:  # noqa: N802
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = program_command(request, self._engine, self._exec_script)
        # The program inherits our output: the engine shows what it prints.
        code = subprocess.run(command, env=os.environ | config, cwd=request.pwd, check=False).returncode
        if code == ALREADY_SAID:
            return pb.RunResponse(bail=True)
        return pb.RunResponse(error=f"the program exited with code {code}" if code else "")

    def RunPlugin(self, request: pb.RunPluginRequest, context: Any) -> Iterator[pb.RunPluginResponse]:  # noqa: N802
        command, folder = plugin_command(request)
        env = os.environ | dict(pair.split("=", 1) for pair in request.env if "=" in pair)
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        context.add_callback(process.terminate)
        yield from _outputs(process)
        yield pb.RunPluginResponse(exitcode=process.wait())


def required_packages() -> Iterator[plugin_pb2.PackageDependency]:
    """The resource plugins that the installed pulumi-* packages ask for, by the file that each carries."""
    for file in (found for place in sys.path for found in Path(place).glob("pulumi_*/pulumi-plugin.json")):
        plugin = json.loads(file.read_text())
        if plugin.get("resource"):
            version = f"v{plugin['version'].removeprefix('v')}" if plugin.get("version") else ""
            name = plugin.get("name") or file.parent.name.removeprefix("pulumi_").replace("_", "-")
            yield plugin_pb2.PackageDependency(
                name=name, kind="resource", version=version, server=plugin.get("server", "")
            )


def program_command(request: pb.RunRequest, engine: str, exec_script: str) -> list[str]:
    """The command that runs a Pulumi program as `request` asks."""
    info = request.info
    main = Path(info.program_directory)
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": str(request.dryRun).lower(),
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    flags = [part for name, value in options.items() if value for part in (f"--{name}", value)]
    program = main if info.entry_point == "." else main / info.entry_point
    return [sys.executable, "-u", exec_script, *flags, str(program), *request.args]


def plugin_command(request: pb.RunPluginRequest) -> tuple[list[str], str]:
    """The command and the folder of a plugin: a policy pack goes to the SDK's policy server, any other is a program."""
    directory = request.info.program_directory
    if request.kind == "analyzer":
        return [sys.executable, "-u", "-m", "pulumi.policy", *request.args, directory], directory
    return [sys.executable, "-u", directory, *request.args], request.pwd


def _outputs(process: subprocess.Popen[bytes]) -> Iterator[pb.RunPluginResponse]:
    """What the plugin prints, as it prints it, until both streams end."""
    outputs: queue.SimpleQueue[pb.RunPluginResponse | None] = queue.SimpleQueue()

    def pump(stream: IO[bytes] | None, answer: Callable[[bytes], pb.RunPluginResponse]) -> None:
        while stream and (chunk := os.read(stream.fileno(), 65536)):
            outputs.put(answer(chunk))
        outputs.put(None)

    pumps = [
        threading.Thread(target=pump, args=(process.stdout, lambda chunk: pb.RunPluginResponse(stdout=chunk))),
        threading.Thread(target=pump, args=(process.stderr, lambda chunk: pb.RunPluginResponse(stderr=chunk))),
    ]
    for each in pumps:
        each.start()
    for _ in pumps:
        yield from iter(outputs.get, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exec-script", required=True)
    parser.add_argument("engine", help="the engine's address")
    arguments, _ = parser.parse_known_args()
    die_with_parent()
    # SIGINT is how the engine ends a plugin that it no longer needs. A program that is asleep does not heed it and
    # holds our output open, for which the engine would wait five seconds.
    signal.signal(signal.SIGINT, lambda *_: end_group())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    host = LanguageHost(arguments.engine, arguments.exec_script)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # Fails, and ends us, if the engine was gone before we could watch it.
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
