"""One thing of ours in the account, and what all listings of such things share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Leftover:
    """Something of ours: its Pulumi type, its id in a Pulumi state, how to remove it.

    `created` is in seconds since the epoch where that matters (see local/recover.py), else infinitely late.
    """

    type: str
    id: str
    remove: Callable[[], object]
    created: float = math.inf


def bind(function: Callable[..., object], *arguments: object, **members: object) -> Callable[[], object]:
    """The call, for later."""
    return lambda: function(*arguments, **members)


def pages(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    """Everything that a listing has under `key`."""
    paged = client.can_paginate(operation)
    for page in client.get_paginator(operation).paginate(**asked) if paged else [getattr(client, operation)(**asked)]:
        yield from page[key]


def prefix(stack: str) -> str:
    """How the names of a stack's resources begin."""
    return f"takeoff-{stack}-"


def tagged(item: Any, stack: str) -> bool:
    """Whether EC2 lists it with the stack's tag, and not because it was there."""
    return {"Key": "takeoff:stack", "Value": stack} in item.get("Tags", ()) and item.get("State") != "deleted"
