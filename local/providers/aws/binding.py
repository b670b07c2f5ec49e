"""How a row's properties lie in its operations' members: derived once from botocore's service model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.model import OperationModel, Shape

from local.providers.aws.client import Account
from local.providers.aws.row import Call, Read, Row
from local.providers.aws.shapes import Fit, camel, descend, dig, element, find, project
from local.providers.values import Properties

# Steers the engine or the plugin, on any type.
_NEVER_SENT = frozenset({"region", "id", "__defaults", "tagsAll"})


@dataclass(frozen=True)
class Binding:
    """One row, bound to the service model of one account's clients."""

    row: Row
    account: Account

    def arguments(
        self, call: Call, properties: Mapping[str, Any], state: Mapping[str, Any], unsent: list[str] | None = None
    ) -> dict[str, Any]:
        """The call's arguments. Property paths without a member go to `unsent`."""
        arguments = self.address(call.op, state)
        fit = Fit(call.renames, unsent if unsent is not None else [])
        for name, value in properties.items():
            target = self._target(call, name)
            if target and value is not None:
                fit.plant(self._input(call.op), arguments, target, value, name)
        for path, value in call.fixed.items():
            fit.plant(self._input(call.op), arguments, path, value, path)
        return arguments | (call.arguments({**properties, "id": state.get("id")}) if call.arguments else {})

    def creation(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The create call's arguments."""
        arguments = self.arguments(self.row.create, inputs, inputs)
        tags = [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
        if tags and (kind := self._kind):
            arguments["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags}]
        return arguments

    def carried(self, call: Call, names: Iterable[str]) -> set[str]:
        """Those of the properties that the call carries."""
        members = self._input(call.op).members
        keys = {prop for member, prop in self.row.keys.items() if member in members}
        return {name for name in names if name in keys or self._target(call, name) is not None}

    def address(self, op: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by which an operation finds the resource."""
        members = self._input(op).members
        keys = ((member, prop) for member, prop in self.row.keys.items() if member in members)
        found = {member: prop[1:] if prop.startswith("=") else state.get(prop) for member, prop in keys}
        return {member: Fit().fit(members[member], v, member) for member, v in found.items() if v is not None}

    def value(self, name: str, raw: Properties, like: Any) -> Any:
        """A property as AWS has it now, in the form of the program's value; None if unset."""
        path, shape, renames = self._where[name]
        got = dig(raw, path)
        if got is not None and name in self.row.spelled:
            got = self.row.spelled[name](got)
        return None if got is None else project(shape, got, like, name, renames)

    def settable(self, inputs: Mapping[str, Any], importing: bool = False) -> frozenset[str]:
        """Every property that some call carries and some read returns, tags and, but for an import, address apart.

        Of two that lie in the same place (`value`, `insecureValue`) the one that the program uses.
        """
        owner: dict[str, str] = {}
        for name, (path, _, _) in self._where.items():
            if name in inputs or path not in owner:
                owner[path] = name
        # What addresses the resource cannot drift: with another value it would be another resource.
        address = {"id"} if importing else set(self.row.keys.values())
        return frozenset(owner.values()) - self.row.unread - self.row.local - {"tags", *self.row.outputs, *address}

    @cached_property
    def answered(self) -> dict[str, str]:
        """Output → path in the create call's response: what the first read may be addressed by."""
        shape = self._operation(self.row.create.op).output_shape
        if shape is None:
            return dict(self.row.answer)
        # The resource is the response itself, or one of its members.
        places = ["", *shape.members]
        wanted = {prop: path for prop, path in self.row.outputs.items() if "{" not in path}
        paths = {prop: [f"{place}.{path}".lstrip(".") for place in places] for prop, path in wanted.items()}
        found = {prop: next((p for p in each if descend(shape, p) is not None), None) for prop, each in paths.items()}
        return {prop: path for prop, path in found.items() if path is not None} | dict(self.row.answer)

    @cached_property
    def tags_with_create(self) -> bool:
        """Whether the create call takes tags."""
        return bool(self._kind) or self._target(self.row.create, "tags") is not None

    @property
    def _kind(self) -> str:
        return self.row.tagging.kind if self.row.tagging else ""

    def _target(self, call: Call, name: str) -> str | None:
        """The member path that carries a property in a call; None where the call does not carry it."""
        if name in _NEVER_SENT | self.row.local and name not in call.properties:
            return None
        if call.properties and name not in call.properties:
            return None
        if name in call.renames:
            return call.renames[name]
        shape = element(descend(self._input(call.op), call.into))
        member = find(shape.members, name) if shape is not None else None
        if member is None or (not call.into and self.row.keys.get(member, name) != name):
            return None
        return f"{call.into}.{member}".lstrip(".")

    @cached_property
    def _where(self) -> dict[str, tuple[str, Any, Mapping[str, str]]]:
        """Each property that a call carries → path in what was read, its shape there, and the call's renames."""
        where: dict[str, tuple[str, Any, Mapping[str, str]]] = {}
        read_names = {prop: path for read in self.row.read for prop, path in read.renames.items()}
        shapes = [self._response(read) for read in self.row.read]
        for call in self.row.calls:
            for prop, target in self._targets(call).items():
                path = read_names.get(prop, target.removeprefix(call.into).lstrip("."))
                shape = next((s for shape in shapes if (s := descend(shape, path)) is not None), None)
                where.setdefault(prop, (path, shape, call.renames))
        return where

    def _targets(self, call: Call) -> dict[str, str]:
        shape = element(descend(self._input(call.op), call.into))
        renames = {prop: target for prop, target in call.renames.items() if "." not in prop}
        inner = (target.removeprefix(call.into).lstrip(".").partition(".")[0] for target in renames.values())
        taken = {*inner, *call.fixed}
        found = {self.row.keys.get(m, camel(m)): m for m in (shape.members if shape else ()) if m not in taken}
        every = {prop: f"{call.into}.{m}".lstrip(".") for prop, m in found.items()} | renames
        return {p: t for p, t in every.items() if p in call.properties} if call.properties else every

    def _response(self, read: Read) -> Shape | None:
        return element(descend(self._operation(read.op).output_shape, read.at))

    def _operation(self, op: str) -> OperationModel:
        return self.account.operation(self.row.service, op)

    def _input(self, op: str) -> Shape:
        return self._operation(op).input_shape
