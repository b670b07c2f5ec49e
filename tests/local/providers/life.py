"""One row of the table at work, from its case."""

from __future__ import annotations

from typing import Any

from local.providers.aws.shapes import same_json
from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.cases import CASES
from tests.local.providers.plugin import Plugin, Resource


class Life:
    """A case at work in the shared account."""

    def __init__(self, token: str, cloud: Cloud, plugin: Plugin) -> None:
        self.token, self.plugin, self.case = token, plugin, CASES[token]
        self.api = cloud.client(self.case.service)
        self.made = self.case.needs(cloud)
        plugin.seed = str(next(cloud.names)).encode()  # physical names of its own

    def fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return self.made.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value

    def checked(self, *overlays: Properties, olds: Properties | None = None) -> Properties:
        wanted: Properties = {}
        for overlay in (self.case.inputs, *overlays):
            wanted |= self.fill(overlay)
        wanted = {name: value for name, value in wanted.items() if value is not None}
        inputs, problems = self.plugin.check(self.token, wanted, olds)
        assert problems == []
        return inputs

    def create(self) -> Resource:
        return self.plugin.create(self.token, self.checked())

    def refreshed(self, resource: Resource) -> Resource:
        found = self.plugin.read(self.token, resource.id, resource)
        assert found is not None
        return found

    def assert_seen(self, resource: Resource) -> None:
        state = resource.state | {"id": resource.id}
        for name in self.case.seen.keys() & resource.inputs.keys():
            now, wanted = self.case.seen[name](self.api, state), resource.inputs[name]
            assert now == wanted or same_json(now, wanted), name

    def replaces(self, resource: Resource, news: Properties) -> list[str]:
        return list(self.plugin.diff(self.token, resource, news).replaces)
