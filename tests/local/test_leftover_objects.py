"""What recovery finds in a cluster: what our provider applied for the stack, and nothing that a controller made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.leftovers import objects
from local.providers.kubernetes.objects import MANAGER


def live(kind: str, name: str, manager: str = MANAGER, version: str = "v1", **where: str) -> dict[str, Any]:
    metadata = {"name": name, "uid": name, "managedFields": [{"manager": manager}], **where}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


class Cluster:
    """What a server has; a namespace takes what is in it along."""

    def __init__(self, *has: dict[str, Any]) -> None:
        self.has = {self.path(each): each for each in has}
        self.asked: list[str] = []

    def everything(self, *, labels: str) -> Iterator[dict[str, Any]]:
        self.asked.append(labels)
        return iter(list(self.has.values()))

    @staticmethod
    def path(manifest: dict[str, Any]) -> str:
        metadata = manifest["metadata"]
        return "/".join(["", metadata.get("namespace", ""), manifest["kind"], metadata["name"]])

    def find(self, path: str) -> dict[str, Any] | None:
        return self.has.get(path)

    def delete(self, manifest: dict[str, Any], *, propagation: str) -> None:
        assert propagation == "Foreground"
        name = manifest["metadata"]["name"]
        inside = f"/{name}/" if manifest["kind"] == "Namespace" else self.path(manifest)
        self.has = {path: each for path, each in self.has.items() if not path.startswith(inside)}
        self.has.pop(self.path(manifest), None)


def test_what_we_applied_is_found_by_its_label_under_pulumis_names_namespaces_first() -> None:
    cluster = Cluster(
        live("Service", "web", namespace="team"),
        live("Deployment", "web", version="apps/v1", namespace="team"),
        live("Namespace", "team"),
    )
    found = list(objects(cluster, "local"))  # type: ignore[arg-type]
    assert cluster.asked == ["takeoff/stack=local"]
    assert [(each.type, each.id) for each in found] == [
        ("kubernetes:core/v1:Namespace", "team"),
        ("kubernetes:core/v1:Service", "team/web"),
        ("kubernetes:apps/v1:Deployment", "team/web"),
    ]


def test_what_controllers_made_under_our_labels_is_left_to_them() -> None:
    cluster = Cluster(live("Endpoints", "web", manager="kube-controller-manager", namespace="team"))
    assert list(objects(cluster, "local")) == []  # type: ignore[arg-type]


def test_one_by_one_they_are_removed_though_a_namespace_takes_its_own_along() -> None:
    cluster = Cluster(live("Service", "web", namespace="team"), live("Namespace", "team"), live("ConfigMap", "other"))
    for each in objects(cluster, "local"):  # type: ignore[arg-type]
        each.remove()
    assert cluster.has == {}
