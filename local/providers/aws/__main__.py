"""Serves the provider on a free loopback port, printed on standard output, for as long as the engine lives."""

import os

_PARENT = os.getppid()  # before the imports below: the engine may die while they run

import signal  # noqa: E402
import sys  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402

import grpc  # noqa: E402
from pulumi.runtime.proto import provider_pb2_grpc  # noqa: E402

from local.providers.aws.client import forget_environment  # noqa: E402
from local.providers.aws.provider import AwsProvider  # noqa: E402

_THREADS = 64  # a thread per request in flight: the engine runs 16 at once by default, and waiting ones cost nothing
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def main() -> None:
    """Returns when the engine ends, however it ends (kill -9 included), or on SIGINT and SIGTERM."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: os._exit(0))
    forget_environment()
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while server.wait_for_termination(0.5) and os.getppid() == _PARENT:
        pass
    sys.stdout.close()
    os._exit(0)  # threads that still wait for AWS must not keep an orphan alive


if __name__ == "__main__":
    main()
