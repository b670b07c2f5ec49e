"""Create, read, update and delete of one resource, as its row says."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from local.providers.aws.client import Account, is_missing
from local.providers.aws.row import Call, Read, Row
from local.providers.aws.shapes import Fit, camel, descend, dig, find, project, untag
from local.providers.aws.values import Properties

_POLL = 0.2
_TIMEOUT = 3600.0  # an endpoint that has not settled after an hour has failed: the official plugin's limit


class NotSettledError(RuntimeError):
    """The resource exists but never became ready."""


@dataclass(frozen=True)
class Lifecycle:
    """One row at work in one account."""

    row: Row
    account: Account
    cancelled: threading.Event

    def create(self, inputs: Properties, timeout: float = 0) -> tuple[str, Properties]:
        """Makes the resource; returns its id and its state without waiting for it to settle."""
        arguments, _ = self.arguments(self.row.create, inputs, inputs)
        response = self.account.call(self.row.service, self.row.create.op, arguments)
        state = inputs | {prop: dig(response, path) for prop, path in self._answered.items() if dig(response, path)}
        state = self._computed(state, {})
        resource_id = self.row.id.format_map(state)
        state["id"] = resource_id
        for call in self.row.extra:
            self._extra(call, inputs, state, creating=True)
        if self.row.tagging and inputs.get("tags") and not self._tags_with_create:
            self._retag({}, inputs["tags"], state)
        return resource_id, state

    def settle(self, state: Properties, timeout: float) -> None:
        """Returns once the resource is ready; raises NotSettledError with AWS's reason if it fails."""
        wait = self.row.wait
        if wait is None:
            return
        for _ in self._poll(timeout, f"{state['id']} to become {', '.join(sorted(wait.ready))}"):
            raw = self.fetch(state) or {}
            status = dig(raw, wait.status)
            if status in wait.ready:
                return
            if status in wait.failed or not raw:
                raise NotSettledError(f"{state['id']} is {status or 'gone'}: {dig(raw, wait.reason) or 'no reason given'}")

    def update(self, olds: Properties, news: Properties, state: Properties) -> None:
        """Brings the existing resource from the old inputs to the new ones."""
        changed = {name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name)}
        wanted = {name: value for name, value in self.row.defaults.items() if name in olds} | news
        for call in self.row.update:
            arguments, carried = self.arguments(call, wanted, state)
            if changed & carried:
                self.account.call(self.row.service, call.op, arguments)
        for call in self.row.extra:
            if changed & call.properties:
                self._extra(call, wanted, state)
        if self.row.tagging and "tags" in changed:
            self._retag(olds.get("tags") or {}, news.get("tags") or {}, state)

    def delete(self, state: Properties, timeout: float) -> None:
        """Deletes the resource; one that is gone already is fine."""
        if state.get("skipDestroy"):
            return
        try:
            if self.row.before_delete:
                self.row.before_delete(self.account.client(self.row.service), state)
            arguments, _ = self.arguments(self.row.delete, state, state)
            self.account.call(self.row.service, self.row.delete.op, arguments)
        except ClientError as error:
            if not is_missing(error):
                raise
        if self.row.wait and self.row.wait.gone:
            for _ in self._poll(timeout, f"{state['id']} to be deleted"):
                if self.fetch(state) is None:
                    return

    def fetch(self, state: Mapping[str, Any]) -> Properties | None:
        """Everything the row's reads return, merged; None if the resource does not exist."""
        raw: Properties = {}
        for read in self.row.read:
            try:
                part = self._read(read, state)
            except ClientError as error:
                if not is_missing(error):
                    raise
                part = None
            if part is None and not read.optional:
                return None
            raw |= part or {}
        path, values = self.row.gone_when
        return None if path and dig(raw, path) in values else raw

    def state(self, inputs: Properties, known: Properties, raw: Properties) -> Properties:
        """The properties of the resource: what was asked for, what AWS fills in, what is computed."""
        state = dict(self.row.defaults)
        state |= {name: value for name in self.settable if (value := self.value(name, raw, None)) not in (None, "", [], {})}
        state |= {name: known[name] for name in self.row.outputs if name in known}
        state |= {name: value for name, value in inputs.items() if name != "__defaults"}
        return self._computed(state, raw) | ({} if self.row.service == "iam" else {"region": self.account.region})

    def tags(self, state: Mapping[str, Any]) -> dict[str, str]:
        """The tags that the resource carries in AWS."""
        if not self.row.tagging:
            return {}
        operation = self.account.operation(self.row.service, self.row.tagging.list)
        response = self.account.call(self.row.service, self.row.tagging.list, self._address(operation, state))
        member = find(response, "tags") or find(response, "taglist")
        return untag(operation.output_shape.members[member], response[member]) if member else {}

    def value(self, name: str, raw: Properties, like: Any) -> Any:
        """A property as AWS has it now, in the form of the program's value; None if unset."""
        path, shape, renames = self._where[name]
        got = dig(raw, path)
        return None if got is None else project(shape, got, like, name, renames)

    @cached_property
    def settable(self) -> frozenset[str]:
        """Every property that some call carries and some read returns."""
        return frozenset(self._where) - self.row.unread - self.row.local - {"tags"}

    def arguments(
        self, call: Call, properties: Mapping[str, Any], state: Mapping[str, Any], unsent: list[str] | None = None
    ) -> tuple[dict[str, Any], set[str]]:
        """The call's arguments, and the names of the properties among them. Paths without a member go to `unsent`."""
        operation = self.account.operation(self.row.service, call.op)
        arguments = self._address(operation, state)
        carried = {prop for member, prop in self.row.keys.items() if member in arguments}
        fit = Fit(call.renames, unsent if unsent is not None else [])
        for name in self._carries(call, properties):
            target = self._target(call, name)
            if target and properties[name] is not None:
                fit.plant(operation.input_shape, arguments, target, properties[name], name)
                carried.add(name)
        return arguments | dict(call.fixed), carried

    def _carries(self, call: Call, properties: Mapping[str, Any]) -> list[str]:
        ignored = self.row.local | {"region", "id", "__defaults"}
        if call.properties:
            return [name for name in properties if name in call.properties]
        return [] if call is self.row.delete else [name for name in properties if name not in ignored]

    def _target(self, call: Call, name: str) -> str | None:
        if name in call.renames:
            return call.renames[name]
        shape = descend(self.account.operation(self.row.service, call.op).input_shape, call.into)
        shape = shape.member if shape is not None and shape.type_name == "list" else shape
        member = find(shape.members, name) if shape is not None else None
        if member is None or (not call.into and self.row.keys.get(member, name) != name):
            return None
        return f"{call.into}.{member}".lstrip(".")

    def _address(self, operation: Any, state: Mapping[str, Any]) -> dict[str, Any]:
        members = operation.input_shape.members
        found = {member: state.get(prop) for member, prop in self.row.keys.items() if member in members}
        return {member: Fit().fit(members[member], v, member) for member, v in found.items() if v is not None}

    def _extra(self, call: Call, inputs: Properties, state: Properties, creating: bool = False) -> None:
        if inputs.get(call.switch or next(iter(call.properties))):
            arguments, _ = self.arguments(call, inputs, state)
            self.account.call(self.row.service, call.op, arguments)
        elif call.undo and (not creating or call.switch in inputs):
            operation = self.account.operation(self.row.service, call.undo)
            self.account.call(self.row.service, call.undo, self._address(operation, state))

    def _retag(self, olds: Mapping[str, str], news: Mapping[str, str], state: Properties) -> None:
        tagging, service = self.row.tagging, self.row.service
        assert tagging is not None  # noqa: S101 (callers checked)
        for op, value in ((tagging.untag, sorted(olds.keys() - news.keys())), (tagging.tag, news)):
            operation = self.account.operation(service, op)
            member = next(m for m in operation.input_shape.members if re.fullmatch("tags|tag_?keys|tagkeylist", m, re.I))
            if value:
                fitted = Fit().fit(operation.input_shape.members[member], value, "tags")
                self.account.call(service, op, self._address(operation, state) | {member: fitted})

    def _read(self, read: Read, state: Mapping[str, Any]) -> Properties | None:
        arguments = self._address(self.account.operation(self.row.service, read.op), state)
        arguments |= read.arguments(state) if read.arguments else {}
        client = self.account.client(self.row.service)
        if read.pick and client.can_paginate(read.op):
            response = client.get_paginator(read.op).paginate(**arguments).build_full_result()
        else:
            response = self.account.call(self.row.service, read.op, arguments)
        if not read.pick:
            part: Properties | None = dig(response, read.at)
            return part
        member, prop = read.pick
        return next((item for item in response.get(read.at, []) if item.get(member) == state.get(prop)), None)

    def _computed(self, state: Properties, raw: Properties) -> Properties:
        known = state | {"account": self.account.number, "region": self.account.region}
        for name, source in self.row.outputs.items():
            if "{" in source:
                if all(key in known for key in re.findall(r"\{(\w+)\}", source)):
                    known[name] = state[name] = source.format_map(known)
            elif (got := dig(raw, source)) is not None:
                known[name] = state[name] = project(None, got, None, name, {})
        return state

    @cached_property
    def _answered(self) -> dict[str, str]:
        """Where the create call's own response carries outputs: what the first read is addressed by."""
        shape = self.account.operation(self.row.service, self.row.create.op).output_shape
        if shape is None:
            return {}
        at = next((m for m, s in shape.members.items() if s.type_name == "structure" and len(shape.members) == 1), "")
        within = descend(shape, at)
        members = within.members if within is not None else {}
        return {p: f"{at}.{path}".lstrip(".") for p, path in self.row.outputs.items() if path in members}

    @cached_property
    def _tags_with_create(self) -> bool:
        return self._target(self.row.create, "tags") is not None

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

    def _response(self, read: Read) -> Any:
        shape = descend(self.account.operation(self.row.service, read.op).output_shape, read.at)
        return shape.member if shape is not None and shape.type_name == "list" else shape

    def _targets(self, call: Call) -> dict[str, str]:
        shape = descend(self.account.operation(self.row.service, call.op).input_shape, call.into)
        shape = shape.member if shape is not None and shape.type_name == "list" else shape
        renames = {prop: target for prop, target in call.renames.items() if "." not in prop}
        taken = {target.partition(".")[0] for target in renames.values()} | set(call.fixed)
        found = {self.row.keys.get(m, camel(m)): m for m in (shape.members if shape else ()) if m not in taken}
        every = {prop: f"{call.into}.{m}".lstrip(".") for prop, m in found.items()} | renames
        return {p: t for p, t in every.items() if p in call.properties} if call.properties else every

    def _poll(self, timeout: float, what: str) -> Any:
        deadline = time.monotonic() + (timeout or _TIMEOUT)
        while time.monotonic() < deadline:
            yield
            if self.cancelled.wait(_POLL):
                raise NotSettledError(f"cancelled while waiting for {what}")
        raise NotSettledError(f"gave up after {timeout or _TIMEOUT:.0f} s waiting for {what}")


Progress = Callable[[str], None]
