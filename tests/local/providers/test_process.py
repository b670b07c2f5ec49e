"""The provider as a process: whom it talks to, what it refuses, and when it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from local.providers.values import encode
from local.state import REPOSITORY, State
from tests.local.cloud.emulated import Cloud, gone, until

# What a user's shell may hold. The names resolve to nothing: a lookup alone would be a finding.
HOSTILE = {
    "AWS_ACCESS_KEY_ID": "AKIA" + "Q3EXAMPLE7EXAMPL",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "https://elsewhere.invalid",
    "AWS_ENDPOINT_URL_S3": "https://s3.elsewhere.invalid",
    "AWS_ENDPOINT_URL_SSM": "http://192.0.2.1",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/admin",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
    "HTTP_PROXY": "http://192.0.2.1:3128",
    "HTTPS_PROXY": "http://192.0.2.1:3128",
    "http_proxy": "http://192.0.2.1:3128",
    "https_proxy": "http://192.0.2.1:3128",
    "ALL_PROXY": "http://192.0.2.1:3128",
}
PROFILE = "[profile production]\nrole_arn = arn:aws:iam::111122223333:role/admin\nendpoint_url = http://192.0.2.1\n"


class Process:
    """A provider process, spoken to as the engine speaks to it."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "local.providers.aws", "127.0.0.1:1"]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{self.process.stdout.readline().strip()}", options=[("grpc.enable_http_proxy", 0)]
        )
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode({})))

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def state(tmp_path: Path, cloud: Cloud) -> State:
    """A state whose daemon is the shared one."""
    state = State((tmp_path / "state").resolve())
    state.backend.mkdir(parents=True)
    state.marker.touch()
    state.cloud.mkdir()
    state.daemon_file.write_text(json.dumps({"endpoint": cloud.endpoint}))
    return state


@pytest.fixture
def env(tmp_path: Path, state: State) -> dict[str, str]:
    """A user's environment at its worst, in which every connection is watched."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(Path(__file__).with_name("sitecustomize_audit.py"), hooks / "sitecustomize.py")
    (tmp_path / "aws-config").write_text(PROFILE)
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        **HOSTILE,
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "PYTHONPATH": str(hooks),
        "TAKEOFF_AUDIT": str(tmp_path / "audit"),
        "TAKEOFF_STATE": str(state.root),
        "PULUMI_BACKEND_URL": f"file://{state.backend}",
    }


@pytest.fixture
def provider(env: dict[str, str]) -> Iterator[Process]:
    process = Process(env)
    yield process
    process.close()


def audited(env: dict[str, str]) -> set[str]:
    return set(Path(env["TAKEOFF_AUDIT"]).read_text().split())


def test_no_socket_leaves_loopback_whatever_the_environment_says(provider: Process, env: dict[str, str]) -> None:
    provider.configure()
    made = provider.stub.Create(
        provider_pb2.CreateRequest(
            type="aws:s3/bucket:Bucket", name="b", properties=encode({"bucket": "audited", "forceDestroy": True})
        )
    )
    assert made.id == "audited"
    provider.stub.Invoke(
        provider_pb2.InvokeRequest(tok="aws:ssm/getParametersByPath:getParametersByPath", args=encode({"path": "/x"}))
    )
    provider.stub.Delete(
        provider_pb2.DeleteRequest(type="aws:s3/bucket:Bucket", id="audited", properties=made.properties)
    )
    assert audited(env) == {"127.0.0.1"}


def test_the_watch_on_sockets_would_have_seen_and_stopped_another_address(env: dict[str, str]) -> None:
    program = (
        "import botocore.session as s\n"
        "c = s.Session().create_client('s3', region_name='us-east-1', endpoint_url='http://192.0.2.1')\n"
        "c.list_buckets()"
    )
    plain = {name: value for name, value in env.items() if name != "AWS_PROFILE" and "proxy" not in name.lower()}
    done = subprocess.run([sys.executable, "-c", program], env=plain, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "192.0.2.1" in audited(env)


@pytest.mark.parametrize("backend", ["", "s3://states", "file:///elsewhere", "https://api.pulumi.com"])
def test_a_backend_that_is_not_the_emulated_accounts_is_refused(env: dict[str, str], backend: str) -> None:
    process = Process(env | {"PULUMI_BACKEND_URL": backend})
    with pytest.raises(grpc.RpcError) as refused:
        process.configure()
    process.close()
    assert "serves the local stack only" in refused.value.details()
    assert repr(backend) in refused.value.details()


def test_a_backend_without_the_marker_is_refused(provider: Process, state: State) -> None:
    state.marker.unlink()
    with pytest.raises(grpc.RpcError) as refused:
        provider.configure()
    assert "not marked as emulated" in refused.value.details()


def test_an_endpoint_that_is_not_loopback_is_refused(provider: Process, state: State, env: dict[str, str]) -> None:
    state.daemon_file.write_text(json.dumps({"endpoint": "https://sagemaker.us-east-1.amazonaws.com"}))
    with pytest.raises(grpc.RpcError) as refused:
        provider.configure()
    assert "loopback only" in refused.value.details()
    assert not Path(env["TAKEOFF_AUDIT"]).exists()


def test_nothing_is_reached_before_the_backend_was_judged(env: dict[str, str]) -> None:
    process = Process(env | {"PULUMI_BACKEND_URL": "s3://states"})
    requests = {
        "Create": provider_pb2.CreateRequest(type="aws:s3/bucket:Bucket", properties=encode({"bucket": "x"})),
        "Delete": provider_pb2.DeleteRequest(type="aws:s3/bucket:Bucket", id="x"),
        "Invoke": provider_pb2.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity"),
    }
    for method, request in requests.items():
        with pytest.raises(grpc.RpcError, match="serves the local stack only"):
            getattr(process.stub, method)(request)
    process.close()
    assert not Path(env["TAKEOFF_AUDIT"]).exists()


def test_it_ends_when_the_engine_is_killed(env: dict[str, str]) -> None:
    engine = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'local.providers.aws'], stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", engine], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert not gone(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: gone(child))


def test_an_interrupt_ends_it_without_a_word(provider: Process) -> None:
    provider.process.send_signal(signal.SIGINT)
    assert provider.process.wait(10) == 0
