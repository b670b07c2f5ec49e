"""An API server of Deployments and nothing else, for who rests them and puts them back."""

from __future__ import annotations

from typing import Any


class FakeApi:
    """Deployments by path; whatever is asked of them is done at once."""

    def __init__(self, **replicas: int) -> None:
        self.known = {self._path(model): self._deployment(model, count) for model, count in replicas.items()}
        self.asked: list[tuple[str, int]] = []

    @staticmethod
    def _path(model: str) -> str:
        return f"/apis/apps/v1/namespaces/local-{model}/deployments/{model}"

    @staticmethod
    def _deployment(model: str, count: int) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": model, "namespace": f"local-{model}", "annotations": {}}
        return {
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": count},
            "status": {"availableReplicas": count},
        }

    def replicas(self) -> dict[str, int]:
        """Model → replicas."""
        return {each["metadata"]["name"]: each["spec"]["replicas"] for each in self.known.values()}

    def annotations(self) -> list[dict[str, str]]:
        """Those of each Deployment."""
        return [each["metadata"]["annotations"] for each in self.known.values()]

    def path(self, manifest: dict[str, Any]) -> str:
        return self._path(manifest["metadata"]["name"])

    def find(self, path: str) -> dict[str, Any] | None:
        return self.known.get(path)

    def get(self, path: str) -> dict[str, Any]:
        return self.known[path]

    def list(self, path: str, *, labels: str = "", fields: str = "") -> list[dict[str, Any]]:
        services = path == "/apis/apps/v1/deployments" and "!takeoff/simulation" in labels
        return list(self.known.values()) if services else []

    def patch(self, path: str, change: dict[str, Any]) -> None:
        found = self.known[path.removesuffix("/scale")]
        for key, value in change.get("metadata", {}).get("annotations", {}).items():
            found["metadata"]["annotations"].pop(key, None)
            found["metadata"]["annotations"] |= {} if value is None else {key: value}
        if "spec" in change:
            count = change["spec"]["replicas"]
            self.asked.append((found["metadata"]["name"], count))
            found["spec"]["replicas"] = found["status"]["availableReplicas"] = count
