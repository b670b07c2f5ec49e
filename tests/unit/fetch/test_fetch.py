"""An artifact comes from S3 with the pod's own credentials: whole, of the version that was asked for, or not at all."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Known

from model_code import artifact
from model_code.fetch.__main__ import FetchError, main
from model_code.fetch.bucket import Place, signed
from model_code.fetch.credentials import Credentials, credentials
from model_code.paths import SettingError

WHO = Credentials(key="AKIDEXAMPLE", secret="secret", token="session")
KEY = "m/a b/model.tar.gz"


@dataclass
class Node:
    """An agent and a bucket on one loopback port; `cut` sends half of the object."""

    port: int
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: bool = False


def refused(handler: Any, path: str) -> bool:
    """Whether S3 would refuse the request: botocore makes the signature again."""
    sent = handler.headers
    request = AWSRequest(method="GET", url=f"http://{sent['host']}{path}")
    request.headers["X-Amz-Content-SHA256"] = sent["x-amz-content-sha256"]
    request.headers["X-Amz-Date"] = sent["x-amz-date"]
    request.headers["X-Amz-Security-Token"] = sent["x-amz-security-token"]
    return signature(request, sent["x-amz-date"]) != str(sent["Authorization"].partition("Signature=")[2])


def signature(request: AWSRequest, moment: str) -> str:
    auth = S3SigV4Auth(Known(WHO.key, WHO.secret, WHO.token), "s3", "us-east-1")
    request.context["timestamp"] = moment
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return str(auth.signature(text, request))


@pytest.fixture
def node() -> Iterator[Node]:
    made: list[Node] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found, path = made[0], urlsplit(self.path).path
            found.asked.append(path)
            if path == "/v1/credentials":
                given = {"AccessKeyId": WHO.key, "SecretAccessKey": WHO.secret, "Token": WHO.token}
                fine = self.headers["Authorization"] == "the-token"
                self._answer(200 if fine else 401, json.dumps(given).encode() if fine else b"who are you?")
            elif refused(self, path):
                self._answer(403, b"SignatureDoesNotMatch")
            else:
                body = found.objects.get(path)
                self._answer(404 if body is None else 200, b"NoSuchKey" if body is None else body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if made[0].cut and status == 200 and len(body) > 300 else body)

        def log_message(self, *_: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.append(Node(port=server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made[0]
        server.shutdown()
        thread.join()


@pytest.fixture
def environment(node: Node, tmp_path: Path) -> dict[str, str]:
    """What a pod is told, of an artifact that the bucket has."""
    source, token = tmp_path / "source", tmp_path / "token"
    source.mkdir()
    (source / "metadata.json").write_text("{}")
    (source / "model.onnx").write_bytes(bytes(range(256)) * 8)
    token.write_text("the-token\n")
    digest = artifact.pack(source, tmp_path / "packed.tar.gz")
    node.objects["/models/m/a%20b/model.tar.gz"] = (tmp_path / "packed.tar.gz").read_bytes()
    return {
        "SM_MODEL_DIR": str(tmp_path / "ml/model"),
        "TAKEOFF_ARTIFACT": f"s3://models/{KEY}",
        "TAKEOFF_MODEL_VERSION": artifact.version(digest),
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{node.port}",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{node.port}/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }


def test_the_files_are_where_the_server_looks_and_the_archive_is_gone(environment: dict[str, str]) -> None:
    main(environment)
    folder = Path(environment["SM_MODEL_DIR"])
    assert sorted(path.name for path in folder.iterdir()) == ["metadata.json", "model.onnx"]
    assert (folder / "model.onnx").read_bytes() == bytes(range(256)) * 8
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_container_that_is_started_again_asks_nobody(environment: dict[str, str], node: Node) -> None:
    main(environment)
    node.asked.clear()
    main(environment)
    assert node.asked == []


def test_an_archive_of_another_version_is_refused_and_nothing_is_left(environment: dict[str, str]) -> None:
    with pytest.raises(FetchError, match=r"got an archive of version [0-9a-f]{12}; allowed: 0{12}"):
        main({**environment, "TAKEOFF_MODEL_VERSION": "0" * 12})
    assert list(Path(environment["SM_MODEL_DIR"]).parent.iterdir()) == []


def test_an_object_cut_short_is_not_unpacked(environment: dict[str, str], node: Node) -> None:
    node.objects = {path: body + bytes(1000) for path, body in node.objects.items()}
    node.cut = True
    with pytest.raises(OSError, match="got "):
        main(environment)
    assert list(Path(environment["SM_MODEL_DIR"]).parent.iterdir()) == []


def test_an_object_that_is_not_there_is_said_with_s3s_word(environment: dict[str, str]) -> None:
    with pytest.raises(OSError, match=r"s3://models/none: got 404 'NoSuchKey'; allowed: 200"):
        main({**environment, "TAKEOFF_ARTIFACT": "s3://models/none"})


def test_a_token_that_the_agent_does_not_know_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another")
    with pytest.raises(OSError, match=r"got 401 b'who are you\?'; allowed: 200, with credentials"):
        main(environment)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TAKEOFF_ARTIFACT": "https://example.com/x"}, "TAKEOFF_ARTIFACT: got 'https://example.com/x'"),
        ({"AWS_REGION": ""}, "AWS_REGION: got ''"),
    ],
)
def test_a_pod_that_is_told_nonsense_says_what_is_allowed(
    environment: dict[str, str], change: dict[str, str], said: str
) -> None:
    with pytest.raises(FetchError, match=said):
        main({**environment, **change})


@pytest.mark.parametrize("where", ["", "http://10.0.0.1/v1", "https://169.254.170.23/v1", "http://example.com/"])
def test_the_pods_token_goes_to_the_nodes_agent_and_nowhere_else(where: str) -> None:
    told = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": where, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token"}
    with pytest.raises(SettingError, match=r"allowed: http:// and one of .*169\.254\.170\.23"):
        credentials(told)


def test_a_secret_is_never_shown() -> None:
    assert "secret" not in repr(WHO)
    assert "session" not in repr(WHO)


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "b.s3.eu-west-1.amazonaws.com"), ("cn-north-1", "b.s3.cn-north-1.amazonaws.com.cn")],
)
def test_a_bucket_is_asked_in_its_region_over_tls(region: str, host: str) -> None:
    place = Place(bucket="b", key="m/x y/model.tar.gz", region=region)
    assert place.url == f"https://{host}/m/x%20y/model.tar.gz"
    assert signed(place, WHO, datetime(2026, 11, 23, tzinfo=UTC))["host"] == host
