"""Serves the provider on a free loopback port, printed on standard output, for as long as the engine lives."""

from local.toolchain.parent import die_with_parent

die_with_parent()  # before the imports below: the engine may die while they run

import fcntl  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402

import grpc  # noqa: E402
from pulumi.runtime.proto import provider_pb2_grpc  # noqa: E402

from local.providers.aws.client import forget_environment  # noqa: E402
from local.providers.aws.provider import AwsProvider  # noqa: E402
from local.state import State  # noqa: E402

_THREADS = 64  # a thread per request in flight: the engine runs 16 at once by default, and waiting ones cost nothing
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def main() -> None:
    """Returns on SIGINT and SIGTERM, and ends with the engine, however that ends."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: os._exit(0))
    forget_environment()
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    with State.current().providers.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server.start()
        print(port, flush=True)
        server.wait_for_termination()


if __name__ == "__main__":
    main()
