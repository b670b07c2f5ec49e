"""The server process: loads the model, listens, and ends in good order."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Mapping

import uvicorn

from model_code.contract import ModelSpec
from model_code.paths import Paths, SettingError
from model_code.server.app import App
from model_code.server.log import Log
from model_code.server.models import Models
from model_code.server.predictor import PROVIDERS, Predictor

_GRACE = 25  # seconds for requests in flight: SageMaker kills a container 30 s after SIGTERM
_KEEP_ALIVE = 75  # seconds; longer than callers keep idle connections, so that a reused one is never just closing
_BACKLOG = 2048


def serve(spec: ModelSpec, environment: Mapping[str, str], parent: int) -> None:
    """Serves the model in SM_MODEL_DIR until SIGTERM or SIGINT, finishing what is in flight.

    SAGEMAKER_BIND_TO_PORT is the port (8080; 0 takes a free one), TAKEOFF_BIND_HOST the address (127.0.0.1; the
    container's image says 0.0.0.0), TAKEOFF_MODEL_VERSION what answers name, TAKEOFF_ACCELERATOR (none or gpu) what
    the model must run on. With SAGEMAKER_MULTI_MODEL=true, which SageMaker sets for a multi-model endpoint, it begins
    with no model and takes as many as fit TAKEOFF_MODELS_MEMORY_MB (half of the machine's memory). With
    TAKEOFF_EXIT_WITH_PARENT=1 it ends with the process `parent`. Raises SettingError or ModelError.
    """
    log = Log()
    version, accelerator, memory = _version(environment), _accelerator(environment), _memory(environment)
    listener = _listen(environment)
    server = uvicorn.Server(
        uvicorn.Config(
            App(Predictor(Paths.of(environment).model, spec, accelerator), version, log)
            if memory is None
            else Models(spec, log, memory),
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
    )

    def stop(*_: object) -> None:
        # Also called after uvicorn's own handler: it raises the signal again when it is done, and we exit with 0.
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    listener.listen(_BACKLOG)
    log.event("listening", version=version, model=spec.name, port=listener.getsockname()[1])
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_run(server, listener, parent if environment.get("TAKEOFF_EXIT_WITH_PARENT") == "1" else None))
    log.event("stopped", version=version)


async def _run(server: uvicorn.Server, listener: socket.socket, parent: int | None) -> None:
    watch = asyncio.create_task(_watch(server, parent)) if parent is not None else None
    await server.serve(sockets=[listener])
    if watch:
        watch.cancel()


async def _watch(server: uvicorn.Server, parent: int) -> None:
    # Linux could send a signal, but on the death of the thread that started us, which may be a pool's.
    while os.getppid() == parent:
        await asyncio.sleep(0.5)
    server.should_exit = True


def _version(environment: Mapping[str, str]) -> str:
    version = environment.get("TAKEOFF_MODEL_VERSION", "unversioned")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", version):
        raise SettingError(f"TAKEOFF_MODEL_VERSION must be 1 to 64 of A-Z a-z 0-9 . _ -, got {version!r}")
    return version


def _accelerator(environment: Mapping[str, str]) -> str:
    # Said by the image, not found out: onnxruntime's CUDA edition claims CUDA on machines that have none.
    accelerator = environment.get("TAKEOFF_ACCELERATOR", "none")
    if accelerator not in PROVIDERS:
        raise SettingError(f"TAKEOFF_ACCELERATOR must be one of {', '.join(PROVIDERS)}, got {accelerator!r}")
    return accelerator


def _memory(environment: Mapping[str, str]) -> int | None:
    """Bytes that the models of a multi-model endpoint may have; None for the one model of any other."""
    if environment.get("SAGEMAKER_MULTI_MODEL", "").lower() != "true":
        return None
    if _accelerator(environment) != "none":
        # https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
        raise SettingError("TAKEOFF_ACCELERATOR must be none with SAGEMAKER_MULTI_MODEL; on GPUs only Triton may do it")
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    megabytes = environment.get("TAKEOFF_MODELS_MEMORY_MB", str(half >> 20))
    if not megabytes.isdecimal() or int(megabytes) == 0:
        raise SettingError(f"TAKEOFF_MODELS_MEMORY_MB must be a whole number above 0, got {megabytes!r}")
    return int(megabytes) << 20


def _listen(environment: Mapping[str, str]) -> socket.socket:
    host = environment.get("TAKEOFF_BIND_HOST", "127.0.0.1")
    port = environment.get("SAGEMAKER_BIND_TO_PORT", "8080")
    if not port.isdecimal() or int(port) > 65535:
        raise SettingError(f"SAGEMAKER_BIND_TO_PORT must be a port from 0 to 65535, got {port!r}")
    # Named TCP: asyncio turns Nagle's algorithm off only for sockets that say so, and 40 ms a request hang on it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        raise SettingError(f"cannot listen on {host}:{port} (SAGEMAKER_BIND_TO_PORT): {error.strerror}") from error
    return listener
