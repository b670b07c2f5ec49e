"""One object and its API server: whose fields it touches, and what it says when it may not."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from local.cluster.api import Api, ApiError
from local.providers.kubernetes.objects import MANAGER, ConflictError, NotSettledError, Objects
from local.providers.kubernetes.settings import Settings

MAP: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": {}}
CONFLICT = ApiError(409, "Conflict", 'conflict with "helm": .data.colour', {})


@dataclass
class Server:
    """An API server with one object, some of whose fields are another manager's."""

    holds: Mapping[str, Any] | None = None
    error: ApiError | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def path(self, manifest: Mapping[str, Any]) -> str:
        return str(manifest["metadata"]["name"])

    def find(self, path: str) -> Mapping[str, Any] | None:
        return self.holds

    def apply(self, manifest: dict[str, Any], *, manager: str, force: bool, dry_run: bool) -> dict[str, Any]:
        self.asked.append({"manager": manager, "force": force, "dry_run": dry_run})
        if self.error and not force:
            raise self.error
        return manifest


def objects(server: Server, **settings: Any) -> Objects:
    return Objects(cast(Api, server), Settings(kubeconfig=None, **settings), threading.Event())


def test_a_field_of_another_manager_is_a_conflict_with_a_way_out() -> None:
    with pytest.raises(ConflictError) as refused:
        objects(Server(error=CONFLICT)).apply(MAP)
    said = str(refused.value)
    assert said.startswith("ConfigMap n/a: server-side apply conflict: ")
    assert '"helm"' in said
    assert "Allowed: leave the field to its manager" in said
    assert "pulumi.com/patchForce" in said


def test_any_other_refusal_is_the_servers_own() -> None:
    with pytest.raises(ApiError) as refused:
        objects(Server(error=ApiError(422, "Invalid", "no", {}))).apply(MAP)
    assert refused.value.status == 422


def test_nobodys_fields_are_taken_over_unless_it_is_asked_for() -> None:
    server = Server(error=CONFLICT)
    with pytest.raises(ConflictError):
        objects(server).apply(MAP)
    overruling = MAP | {"metadata": MAP["metadata"] | {"annotations": {"pulumi.com/patchForce": "true"}}}
    objects(server).apply(overruling)
    objects(server, force=True).apply(MAP)
    assert [each["force"] for each in server.asked] == [False, True, True]
    assert {each["manager"] for each in server.asked} == {MANAGER}


def test_a_conflict_does_not_hide_what_would_change() -> None:
    """A preview shows the change as if it were made; the update then says whose field it is."""
    server = Server(error=CONFLICT)
    found = objects(server).changes(MAP | {"data": {"colour": "red"}}, MAP | {"data": {"colour": "blue"}})
    assert set(found.paths) == {"data.colour"}
    assert all(each["dry_run"] for each in server.asked)


def test_what_is_there_already_is_not_created() -> None:
    with pytest.raises(NotSettledError, match="ConfigMap n/a already exists in the cluster"):
        objects(Server(holds=MAP)).create(MAP)
    assert objects(Server(holds=MAP), upsert=True).create(MAP) == MAP
    assert objects(Server()).create(MAP) == MAP
