"""Serves a provider on a free loopback port, printed on standard output, for as long as the engine lives."""

from __future__ import annotations

import fcntl
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.state import State

_THREADS = 64  # a thread per request in flight: the engine runs 16 at once by default, and waiting ones cost nothing
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def serve(provider: provider_pb2_grpc.ResourceProviderServicer) -> None:
    """Returns on SIGINT and SIGTERM, and ends with the engine, however that ends."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    with State.current().providers.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server.start()
        print(port, flush=True)
        server.wait_for_termination()
