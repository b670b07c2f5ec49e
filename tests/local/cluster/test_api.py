"""The client of the Kubernetes API, against a server that answers what a test tells it."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from local.cloud.processes import free_port
from local.cluster import certificates
from local.cluster.api import Api, ApiError, Event
from local.cluster.connection import Connection
from local.cluster.kubeconfig import Kubeconfig
from local.cluster.layout import Layout

Answer = tuple[int, Any]
APPS = {"resources": [
    {"name": "deployments", "kind": "Deployment", "namespaced": True},
    {"name": "deployments/scale", "kind": "Scale", "namespaced": True},
]}  # fmt: skip
CORE = {"resources": [{"name": "namespaces", "kind": "Namespace", "namespaced": False}]}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "team"}}


@dataclass
class Server:
    """What was asked of it, and what it answers: by path, or by a function of the request."""

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    connections: int = 0
    hang_up: bool = False

    def answer(self, method: str, target: str, body: Any, type_: str) -> Answer:
        address = urlsplit(target)
        self.asked.append((method, address.path, dict(parse_qsl(address.query)) | {"type": type_}, body))
        found = self.answers.get(address.path, (404, status(404, "NotFound", f"no {address.path}")))
        return found.pop(0) if isinstance(found, list) else found

    def last(self) -> tuple[str, str, dict[str, str], Any]:
        return self.asked[-1]


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    made = Layout(tmp_path_factory.mktemp("cluster"))
    certificates.ensure(made.certificates, datetime.datetime.now(datetime.UTC))
    return made


@pytest.fixture
def server() -> Server:
    return Server(answers={"/apis/apps/v1": (200, APPS), "/api/v1": (200, CORE)})


@pytest.fixture
def listening(server: Server, layout: Layout) -> Iterator[ThreadingHTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            code, said = server.answer(self.command, self.path, body, self.headers.get("Content-Type") or "")
            content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            if code == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = server.hang_up

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.handle_one
            raise AttributeError(name)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(layout.certificates / "ca.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(layout.certificates / "server.crt", layout.certificates / "server.key")
    made.socket = context.wrap_socket(made.socket, server_side=True)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def api(listening: ThreadingHTTPServer, layout: Layout) -> Api:
    return Api(kubeconfig(layout, listening.server_port), patience=5)


def kubeconfig(layout: Layout, port: int) -> Kubeconfig:
    admin = layout.user("admin")
    return Kubeconfig(
        server=f"https://127.0.0.1:{port}", authority=admin.authority, certificate=admin.certificate, key=admin.key
    )


def test_an_object_is_applied_at_the_path_of_its_kind_with_unknown_members_refused(api: Api, server: Server) -> None:
    path = "/apis/apps/v1/namespaces/team/deployments/a"
    server.answers[path] = (200, {"done": True})
    assert api.apply(DEPLOYMENT, manager="me") == {"done": True}
    asked = {"fieldManager": "me", "fieldValidation": "Strict", "type": "application/apply-patch+yaml"}
    assert server.last() == ("PATCH", path, asked, DEPLOYMENT)


def test_force_and_a_dry_run_are_asked_for_only_when_wanted(api: Api, server: Server) -> None:
    server.answers["/apis/apps/v1/namespaces/team/deployments/a"] = (200, {})
    api.apply(DEPLOYMENT, force=True, dry_run=True)
    assert server.last()[2].items() >= {"force": "true", "dryRun": "All"}.items()


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}, "/api/v1/namespaces/x"),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}},
         "/apis/apps/v1/namespaces/default/deployments/x"),
    ],
)  # fmt: skip
def test_a_kinds_path_is_what_the_server_says_of_it(manifest: dict[str, Any], path: str, api: Api) -> None:
    assert api.path(manifest) == path


def test_a_kind_that_the_server_does_not_have_is_refused_with_those_it_has(api: Api) -> None:
    with pytest.raises(ApiError, match=r"no kind 'Job' of 'apps/v1'; it has Deployment") as refused:
        api.path({"apiVersion": "apps/v1", "kind": "Job", "metadata": {"name": "x"}})
    assert refused.value.status == 404
    with pytest.raises(ApiError, match="it has nothing of that version"):
        api.path({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "x"}})


def test_a_kind_that_is_defined_later_is_found_then(api: Api, server: Server) -> None:
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "x"}}
    with pytest.raises(ApiError):
        api.path(pool)
    kinds = {"resources": [{"name": "nodepools", "kind": "NodePool", "namespaced": False}]}
    server.answers["/apis/karpenter.sh/v1"] = (200, kinds)
    assert api.path(pool) == "/apis/karpenter.sh/v1/nodepools/x"


def test_what_the_server_refuses_comes_with_its_reason_message_and_causes(api: Api, server: Server) -> None:
    causes = [{"field": "spec.replicas", "message": "must be greater than 0"}]
    refused = status(422, "Invalid", 'Deployment "a" is invalid', causes=causes)
    server.answers["/apis/apps/v1/namespaces/team/deployments/a"] = (422, refused)
    with pytest.raises(ApiError) as found:
        api.apply(DEPLOYMENT)
    error = found.value
    assert (error.status, error.reason, error.message) == (422, "Invalid", 'Deployment "a" is invalid')
    assert error.details["causes"] == causes


def test_a_member_that_the_kind_does_not_have_is_the_callers_mistake_whatever_the_server_calls_it(
    api: Api, server: Server
) -> None:
    refused = status(500, "", "failed to create typed patch object: .spec.colour: field not declared in schema")
    server.answers["/apis/apps/v1/namespaces/team/deployments/a"] = (500, refused)
    with pytest.raises(ApiError, match=r"\.spec\.colour") as found:
        api.apply(DEPLOYMENT)
    assert (found.value.status, found.value.reason) == (400, "BadRequest")


def test_a_refusal_that_is_no_status_object_is_quoted(api: Api, server: Server) -> None:
    server.answers["/readyz"] = (500, "[-]etcd failed")
    with pytest.raises(ApiError, match=r"GET /readyz: \[-\]etcd failed"):
        api.text("/readyz")


def test_an_object_that_is_not_there_is_none_for_find_and_delete_and_an_error_for_get(api: Api) -> None:
    assert api.find("/api/v1/namespaces/x") is None
    assert api.delete("/api/v1/namespaces/x") is None
    with pytest.raises(ApiError):
        api.get("/api/v1/namespaces/x")


def test_a_refusal_other_than_absence_is_never_taken_for_absence(api: Api, server: Server) -> None:
    server.answers["/api/v1/namespaces/x"] = (403, status(403, "Forbidden", "no"))
    for ask in (api.find, api.delete):
        with pytest.raises(ApiError, match="Forbidden"):
            ask("/api/v1/namespaces/x")


def test_a_deletion_says_what_happens_to_dependents_and_how_long_a_pod_may_take(api: Api, server: Server) -> None:
    server.answers["/api/v1/namespaces/x"] = (200, {})
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    api.delete(manifest, propagation="Foreground", grace=0)
    body = server.last()[3]
    assert (body["propagationPolicy"], body["gracePeriodSeconds"]) == ("Foreground", 0)


def test_a_long_list_is_read_page_by_page_and_each_object_knows_its_kind(api: Api, server: Server) -> None:
    pages = [("more", ["a", "b"]), ("", ["c"])]
    server.answers["/api/v1/pods"] = [
        (200, {"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": token},
               "items": [{"metadata": {"name": name}} for name in names]})
        for token, names in pages
    ]  # fmt: skip
    found = api.list("/api/v1/pods", labels="app=x")
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [("Pod", "a"), ("Pod", "b"), ("Pod", "c")]
    first, second = (asked[2] for asked in server.asked)
    assert (first["labelSelector"], first.get("continue"), second["continue"]) == ("app=x", None, "more")


def test_a_watch_gives_each_change_in_order_and_an_error_as_one(api: Api, server: Server) -> None:
    said = [{"type": "ADDED", "object": {"a": 1}}, {"type": "DELETED", "object": {"a": 1}}]
    gone = {"type": "ERROR", "object": status(410, "Expired", "too old")}
    server.answers["/api/v1/pods"] = (200, "\n".join(map(json.dumps, [*said, gone])))
    changes = api.watch("/api/v1/pods", since="7", seconds=3)
    assert [next(changes), next(changes)] == [Event("ADDED", {"a": 1}), Event("DELETED", {"a": 1})]
    with pytest.raises(ApiError) as expired:
        next(changes)
    assert expired.value.status == 410
    assert server.last()[2].items() >= {"watch": "true", "resourceVersion": "7", "timeoutSeconds": "3"}.items()


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("merge", "application/merge-patch+json"), ("strategic", "application/strategic-merge-patch+json"),
     ("json", "application/json-patch+json")],
)  # fmt: skip
def test_a_patch_says_what_kind_of_patch_it_is(kind: Any, type_: str, api: Api, server: Server) -> None:
    server.answers["/x/scale"] = (200, {})
    api.patch("/x/scale", {"spec": {"replicas": 3}}, kind)
    assert server.last() == ("PATCH", "/x/scale", {"type": type_}, {"spec": {"replicas": 3}})


def test_everything_is_every_kind_that_can_be_listed_and_deleted_of_preferred_versions(
    api: Api, server: Server
) -> None:
    group = {"preferredVersion": {"groupVersion": "apps/v1"}, "versions": [{"groupVersion": "apps/v1beta1"}]}
    full, reviews = ["create", "delete", "list"], ["create"]
    listed = {"apiVersion": "apps/v1", "kind": "DeploymentList", "metadata": {}, "items": [{"metadata": {"name": "a"}}]}
    empty = {"apiVersion": "v1", "kind": "NamespaceList", "metadata": {}, "items": []}
    server.answers |= {
        "/apis": (200, {"groups": [group]}),
        "/api/v1": (200, {"resources": [CORE["resources"][0] | {"verbs": full}]}),
        "/apis/apps/v1": (200, {"resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": full},
            {"name": "reviews", "kind": "Review", "namespaced": False, "verbs": reviews},
        ]}),
        "/api/v1/namespaces": (200, empty),
        "/apis/apps/v1/deployments": (200, listed),
    }  # fmt: skip
    found = list(api.everything(labels="team=a"))
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [("Deployment", "a")]
    asked = [(path, query.get("labelSelector")) for _, path, query, _ in server.asked]
    assert asked[-1] == ("/apis/apps/v1/deployments", "team=a")
    assert "/apis/apps/v1beta1" not in [path for path, _ in asked]


def test_a_busy_server_is_asked_again(api: Api, server: Server) -> None:
    server.answers["/x"] = [(429, status(429, "TooManyRequests", "wait")), (200, {"here": True})]
    assert api.get("/x") == {"here": True}


def test_a_connection_is_kept_and_one_that_the_server_closed_is_opened_anew(api: Api, server: Server) -> None:
    server.answers["/x"] = (200, {})
    api.get("/x")
    api.get("/x")
    assert server.connections == 1
    server.hang_up = True
    api.get("/x")
    api.get("/x")
    assert server.connections == 2


def test_a_server_that_was_started_again_is_asked_over_a_new_connection(
    api: Api, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A door that goes ends TLS in the middle of it."""
    server.answers["/x"] = (200, {})
    api.get("/x")
    answers: list[Any] = [ssl.SSLEOFError(8, "EOF occurred in violation of protocol")]
    real = Connection.getresponse

    def broken(connection: Connection) -> Any:
        if answers:
            raise answers.pop()
        return real(connection)

    monkeypatch.setattr(Connection, "getresponse", broken)
    assert api.get("/x") == {}
    assert server.connections == 2


def test_a_server_that_is_down_is_named_with_the_way_out(layout: Layout) -> None:
    with pytest.raises(ApiError, match=r"cannot be reached .*python -m local\.cluster start") as down:
        Api(kubeconfig(layout, free_port()), patience=1).get("/x")
    assert (down.value.status, down.value.reason) == (0, "Unreachable")


def test_a_server_that_does_not_answer_is_called_slow_after_the_patience(layout: Layout) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ApiError, match=r"did not answer within 0\.2 s") as slow:
            Api(kubeconfig(layout, silent.getsockname()[1]), patience=0.2).get("/x")
    assert slow.value.reason == "Timeout"


def test_a_server_of_another_authority_is_not_trusted(listening: ThreadingHTTPServer, tmp_path: Path) -> None:
    other = Layout(tmp_path)
    certificates.ensure(other.certificates, datetime.datetime.now(datetime.UTC))
    with pytest.raises(ApiError, match=r"cannot be reached.*certificate"):
        Api(kubeconfig(other, listening.server_port), patience=1).get("/x")
