"""Inputs as the engine should remember them, and what is wrong with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from local.providers.aws.binding import Binding
from local.providers.aws.row import Row
from local.providers.aws.schema import violations
from local.providers.values import UNKNOWN, Properties, asset_kind


def with_name(row: Row, inputs: Properties, olds: Properties, resource: str, seed: bytes) -> Properties:
    """The inputs with a physical name: the program's, else the one it has already, else `<resource>-<7 hex>`."""
    auto = row.autoname
    if auto is None or inputs.get(auto.property) is not None:
        return inputs | {"__defaults": []}
    name = f"{auto.prefix}{resource}-{hashlib.sha256(seed).hexdigest()[:7]}"
    if auto.property in olds.get("__defaults", []):
        name = olds[auto.property]
    return inputs | {auto.property: name.lower() if auto.lower else name, "__defaults": [auto.property]}


def problems(binding: Binding, inputs: Properties, secrets: frozenset[str]) -> list[str]:
    """Every reason for which AWS, or this provider, would refuse the inputs."""
    here = binding.account.region
    if inputs.get("region", here) != here:
        return [f"region: got {inputs['region']!r}, allowed {here!r}: the emulated account has one region"]
    return violations(binding.row, inputs, secrets, here) or unsent(binding, inputs)


def default_tags(config: Properties) -> dict[str, str]:
    """The tags that the provider's configuration puts on everything (the engine sends objects as JSON text)."""
    block = config.get("defaultTags") or {}
    block = json.loads(block) if isinstance(block, str) else block
    return dict(block.get("tags") or {})


def all_tags(default_tags: Mapping[str, str], inputs: Properties) -> Properties:
    """The tags that the resource will carry: the provider's defaults under its own."""
    return {**default_tags, **(inputs.get("tags") or {})}


def unsent(binding: Binding, inputs: Properties) -> list[str]:
    """A property that no call can carry would be dropped in silence: that is an error, not a detail."""
    row, nested = binding.row, list[str]()
    ignored = {"__defaults", "region", "tags"} | row.local
    wanted = {name: value for name, value in inputs.items() if name not in ignored and value is not None}
    wanted = {name: UNKNOWN if asset_kind(value) else value for name, value in wanted.items()}
    left = set(wanted)
    for call in row.calls:
        binding.arguments(call, wanted, inputs, nested)
        left -= binding.carried(call, wanted)
    return [
        f"{path}: the local aws provider does not send this property; add it to the row of {row.type} "
        f"in local/providers/aws/table, or leave it out on the local stack"
        for path in [*sorted(left), *sorted(set(nested))]
    ]
