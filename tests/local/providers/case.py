"""What a case says of one row of the table, and what several cases need to say it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud

Api = Callable[[Any, Properties], Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program's inputs and what AWS must then say.

    `inputs` and `changed` may hold `{name}` placeholders for what `needs` made. `seen` maps each property to the way to
    read it through the service's own API. Empty `changed` means that tags alone can change in place.
    """

    service: str
    inputs: Properties
    changed: Properties = field(default_factory=dict)
    replaced: Properties
    seen: dict[str, Api]
    elsewhere: Api | None
    """A change by others; None where nothing of it can change."""
    drifts: str
    deleted: Api
    needs: Callable[[Cloud], dict[str, Any]] = lambda _: {}
    unsent: Properties = field(default_factory=dict)
    removed: str = ""
    """A property that can be taken out of the program; `seen` must then answer nothing."""
    stays: bool = False
    """AWS or the official plugin can only reset it, or forget it: it is there after its deletion."""


def document(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def entry(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The only entry of a list."""
    (one,) = found
    return one
