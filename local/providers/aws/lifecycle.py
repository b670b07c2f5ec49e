"""Create, read, update and delete of one resource, as its row says."""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from local.providers.aws.binding import Binding
from local.providers.aws.client import Account, is_missing
from local.providers.aws.row import Call, Read, Row, Wait
from local.providers.aws.shapes import Fit, dig, find, project, untag
from local.providers.values import Properties

# Services without regions, whose resources have none either.
_GLOBAL = frozenset({"budgets", "iam"})
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

    @cached_property
    def binding(self) -> Binding:
        return Binding(self.row, self.account)

    def create(self, inputs: Properties) -> Properties:
        """Makes the resource; returns its properties and `id`. It is neither complete nor settled yet."""
        response = self._call(self.row.create.op, self.binding.creation(inputs))
        answer = {prop: dig(response, path) for prop, path in self.binding.answered.items()}
        answer = {prop: value[0] if isinstance(value, list) and value else value for prop, value in answer.items()}
        state = self._computed(inputs | {prop: value for prop, value in answer.items() if value is not None}, {})
        return state | {"id": self.id_of(state, inputs)}

    def id_of(self, state: Properties, inputs: Properties) -> str:
        """The resource's id."""
        hashed = zlib.crc32(json.dumps(inputs, sort_keys=True).encode())
        return self.row.id.format_map({"account": self.account.number, "hash": hashed, **self.row.defaults, **state})

    def complete(self, inputs: Properties, state: Properties) -> None:
        """Gives a resource just made what its create call does not carry."""
        if self.row.after_create:
            self.row.after_create(self.account.client(self.row.service), state)
        for call in self.row.extra:
            if not inputs.keys().isdisjoint(call.properties):
                self._apply(call, inputs, state)
        if not self.binding.tags_with_create:
            self._retag({}, inputs.get("tags") or {}, state)

    def settle(self, state: Properties, timeout: float) -> None:
        """Returns once the resource is ready; raises NotSettledError with AWS's reason if it fails."""
        wait = self.row.wait or Wait("", frozenset())
        for _ in self._poll(timeout, f"{state['id']} to become {', '.join(sorted(wait.ready))}") if wait.ready else ():
            raw = self.fetch(state) or {}
            status = dig(raw, wait.status)
            if status in wait.ready:
                return
            if status in wait.failed or not raw:
                why = dig(raw, wait.reason) or "AWS gives no reason"
                raise NotSettledError(f"{state['id']} is {status or 'gone'}: {why}")

    def update(self, olds: Properties, news: Properties, state: Properties) -> None:
        """Brings the existing resource from the old inputs to the new ones."""
        changed = {name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name)}
        removed = {
            name: value for name, value in (*self.row.defaults.items(), *self.row.cleared.items()) if name in olds
        }
        if self.row.tagging and self.row.tagging.tag:
            changed.discard("tags")  # by operations of their own, below
        if self.row.before_update:
            self.row.before_update(self.account.client(self.row.service), olds, news, state)
        for call in (*self.row.update, *self.row.extra):
            if self.binding.carried(call, changed):
                self._apply(call, removed | news, state)
        self._retag(olds.get("tags") or {}, news.get("tags") or {}, state)

    def delete(self, state: Properties, timeout: float) -> None:
        """Deletes the resource; one that is gone already is fine."""
        if state.get("skipDestroy"):
            return
        try:
            if self.row.before_delete:
                self.row.before_delete(self.account.client(self.row.service), state)
            if self.row.delete:
                arguments = self.binding.arguments(self.row.delete, self._deletion(self.row.delete, state), state)
                self._call(self.row.delete.op, arguments)
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
                part = self._read(read, {**state, **raw})
            except ClientError as error:
                if not is_missing(error):
                    raise
                part = None
            if part is None and not read.optional:
                return None
            raw |= part or {}
        if self.row.read_more:
            raw |= self.row.read_more(self.account.client(self.row.service), state, raw)
        path, values = self.row.gone_when
        return None if path and dig(raw, path) in values else raw

    def state(self, inputs: Properties, known: Properties, raw: Properties) -> Properties:
        """The properties of the resource: what was asked for, what AWS fills in, what is computed."""
        filled = {name: self.binding.value(name, raw, None) for name in self.binding.settable(inputs)}
        state = dict(self.row.defaults) | {
            name: value for name, value in filled.items() if value not in (None, "", [], {})
        }
        state |= {name: known[name] for name in self.row.outputs if name in known}
        state |= {name: value for name, value in inputs.items() if name != "__defaults"}
        return self._computed(state, raw) | ({} if self.row.service in _GLOBAL else {"region": self.account.region})

    def tags(self, state: Mapping[str, Any], raw: Properties) -> dict[str, str]:
        """The tags that the resource carries in AWS, of which `raw` was read."""
        if not self.row.tagging:
            return {}
        op = self.row.tagging.list
        if not op:
            pairs = [{k.lower(): v for k, v in tag.items()} for tag in raw.get("Tags") or raw.get("tags") or ()]
            return {pair["key"]: pair["value"] for pair in pairs}
        try:
            response = self._call(op, self.binding.address(op, state))
        except ClientError as error:
            if not is_missing(error):
                raise
            return {}  # how S3 says that a bucket has none
        shape = self.account.operation(self.row.service, op).output_shape
        member = next((m for m in response if re.fullmatch("(resource)?tags|tag_?list|tagset", m, re.IGNORECASE)), None)
        return untag(shape.members[member], response[member]) if member else {}

    def _call(self, op: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.account.call(self.row.service, op, arguments)

    def _deletion(self, call: Call, state: Properties) -> Properties:
        return {name: value for name, value in state.items() if name in call.properties}

    def _apply(self, call: Call, inputs: Properties, state: Properties) -> None:
        if not call.undo or inputs.get(call.switch or min(call.properties)):
            self._call(call.op, self.binding.arguments(call, inputs, state))
        else:
            self._call(call.undo, self.binding.address(call.undo, state))

    def _retag(self, olds: Mapping[str, str], news: Mapping[str, str], state: Properties) -> None:
        if self.row.tagging is None or not self.row.tagging.tag or olds == news:
            return
        removed = sorted(olds.keys() - news.keys())
        for op, value in ((self.row.tagging.untag, removed), (self.row.tagging.tag, news)):
            if not value:
                continue
            shape = self.account.operation(self.row.service, op).input_shape
            arguments = self.binding.address(op, state)
            names = ("tags", "tagsToAdd", "resourceTags")
            if value is removed:
                names = ("tagKeys", "tagsToRemove", "resourceTagKeys")
            if target := next((found for name in names if (found := find(shape.members, name))), None):
                arguments[target] = Fit().fit(shape.members[target], value, "tags")
            elif value is removed and "Tags" in shape.members:
                arguments["Tags"] = [{"Key": key} for key in removed]
            elif value is news:  # S3 replaces a bucket's whole set
                arguments["Tagging"] = {"TagSet": [{"Key": k, "Value": v} for k, v in news.items()]}
            self._call(op, arguments)

    def _read(self, read: Read, state: Mapping[str, Any]) -> Properties | None:
        arguments = self.binding.address(read.op, state) | (read.arguments(state) if read.arguments else {})
        if not read.pick:
            part = dig(self._call(read.op, arguments), read.at)
            found: Properties | None = next(iter(part), None) if isinstance(part, list) else part
            return found
        client = self.account.client(self.row.service)
        paged = client.can_paginate(read.op)
        pages = client.get_paginator(read.op).paginate(**arguments) if paged else [self._call(read.op, arguments)]
        member, prop = read.pick
        items = (item for page in pages for item in _items(page, read.at))
        return next((item for item in items if item.get(member) == state.get(prop)), None)

    def _computed(self, state: Properties, raw: Properties) -> Properties:
        known = {"account": self.account.number, "region": self.account.region} | state
        for name, source in self.row.outputs.items():
            if "{" not in source:
                got = dig(raw, source)
            else:
                names = re.findall(r"\{(\w+)\}", source)
                got = source.format_map(known) if all(key in known for key in names) else None
            if got is not None:
                spelled = self.row.spelled[name](got) if name in self.row.spelled else got
                known[name] = state[name] = project(None, spelled, None, name, {})
        return self.with_inner(state, {path: dig(raw, source) for path, source in self.row.inner.items()})

    def with_inner(self, properties: Properties, values: Mapping[str, Any]) -> Properties:
        """The properties, with what AWS fills into the program's own objects; None takes it out again."""
        filled = dict(properties)
        for path, value in values.items():
            first, _, member = path.partition(".")
            if isinstance(filled.get(first), dict):
                rest = {name: each for name, each in filled[first].items() if name != member}
                filled[first] = rest if value is None else {**rest, member: value}
        return filled

    def _poll(self, timeout: float, what: str) -> Iterator[None]:
        deadline = time.monotonic() + (timeout or _TIMEOUT)
        while time.monotonic() < deadline:
            yield
            if self.cancelled.wait(_POLL):
                raise NotSettledError(f"cancelled while waiting for {what}")
        raise NotSettledError(f"gave up after {timeout or _TIMEOUT:.0f} s waiting for {what}")


def _items(value: Any, at: str) -> Iterator[dict[str, Any]]:
    """The entries of a list that lies at a member path, through every list on the way."""
    name, _, rest = at.partition(".")
    for item in value.get(name) or ():
        yield from _items(item, rest) if rest else (item,)
