"""An API server in memory: server-side apply as far as the provider's own decisions go.

Lists are values, nothing has a schema or a controller; what those do is tested against the real API server
(test_engine.py).
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from local.cluster.api import ApiError

CLUSTER_WIDE = {"Namespace", "NodePool", "KWOKNodeClass"}
Leaves = dict[tuple[str, ...], Any]


class FakeApi:
    """Objects by path. `immutable` are paths that no update may change, `absent` kinds that are not defined."""

    def __init__(self, immutable: tuple[str, ...] = (), absent: tuple[str, ...] = ()) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.immutable, self.absent = immutable, absent
        self.calls: list[str] = []
        self._owned: dict[str, dict[str, Leaves]] = {}
        self._ids = itertools.count(1)

    def path(self, manifest: Mapping[str, Any]) -> str:
        if manifest["kind"] in self.absent:
            raise ApiError(404, "NoKind", f"the API server has no kind {manifest['kind']!r}", {})
        metadata = manifest["metadata"]
        folder = "" if manifest["kind"] in CLUSTER_WIDE else f"/namespaces/{metadata.get('namespace', 'default')}"
        return f"/{manifest['apiVersion']}{folder}/{manifest['kind']}/{metadata['name']}"

    def find(self, path: str) -> dict[str, Any] | None:
        return copy.deepcopy(self.objects.get(path))

    def list(self, path: str, *, labels: str = "") -> list[dict[str, Any]]:
        return []

    def apply(
        self, manifest: Mapping[str, Any], manager: str, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        path = self.path(manifest)
        self.calls.append(f"{'dry ' if dry_run else ''}apply {path}")
        namespace = manifest["metadata"].get("namespace", "default")
        if (
            "/namespaces/" in path
            and namespace not in {"default", "n"}
            and f"/v1/Namespace/{namespace}" not in self.objects
        ):
            raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found', {})
        owned = copy.deepcopy(self._owned.get(path, {}))
        live = copy.deepcopy(self.objects.get(path)) or {"metadata": {"uid": f"u{next(self._ids)}"}, "status": {}}
        wanted = dict(leaves(manifest))
        before = dict(leaves(live))
        if path in self.objects and (fixed := [".".join(at) for at in wanted if wanted[at] != before.get(at)]):
            causes = [{"field": name, "message": "field is immutable"} for name in fixed if name in self.immutable]
            if causes:
                raise ApiError(422, "Invalid", "field is immutable", {"causes": causes})
        for other in owned.keys() - {manager}:
            taken = [at for at, value in owned[other].items() if at in wanted and wanted[at] != value]
            if taken and not force:
                raise ApiError(409, "Conflict", f'conflict with "{other}": .{".".join(taken[0])}', {})
            owned[other] = {at: value for at, value in owned[other].items() if at not in taken}
        for at in owned.get(manager, {}).keys() - wanted.keys():
            if not any(at in theirs for name, theirs in owned.items() if name != manager):
                remove(live, at)
        for at, value in wanted.items():
            put(live, at, value)
        if not dry_run:
            self.objects[path], self._owned[path] = live, owned | {manager: wanted}
        return copy.deepcopy(live)

    def delete(self, target: Mapping[str, Any], *, propagation: str) -> None:
        path = self.path(target)
        self.calls.append(f"delete {path} {propagation}")
        self.objects.pop(path, None)

    def change(self, manifest: Mapping[str, Any], manager: str, **spec: Any) -> None:
        """Another manager sets members of `spec`."""
        path = self.path(manifest)
        for name, value in spec.items():
            put(self.objects[path], ("spec", name), value)
            self._owned[path].setdefault(manager, {})[("spec", name)] = value
            for owner, theirs in self._owned[path].items():
                if owner != manager:
                    theirs.pop(("spec", name), None)


def leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every member that is no object, by its way."""
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from leaves(item, (*at, name))
    else:
        yield at, value


def put(value: dict[str, Any], at: tuple[str, ...], leaf: Any) -> None:
    for name in at[:-1]:
        value = value.setdefault(name, {})
    value[at[-1]] = copy.deepcopy(leaf)


def remove(value: dict[str, Any], at: tuple[str, ...]) -> None:
    for name in at[:-1]:
        value = value.get(name, {})
    value.pop(at[-1], None)
