"""Which resource a planned value comes from, so that checks over several resources see what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.computed import COMPUTED
from takeoff.terraform.names import known, snake


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of the plan: its inputs, and what it told of itself where it is deployed already."""

    urn: str
    token: str
    address: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def addresses(resources: Iterable[tuple[str, str]]) -> dict[str, str]:
    """An address for every URN and token, `aws_s3_bucket.raw`; equal ones are numbered in order."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for urn, token in resources:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", urn.rpartition("::")[2])
        wanted = base = f"{known()[token].type}.{name if re.match('[A-Za-z_]', name) else f'_{name}'}"
        number = 2
        while wanted in taken:
            wanted, number = f"{base}_{number}", number + 1
        taken.add(wanted)
        found[urn] = wanted
    return found


def references(value: str, sources: Iterable[Resource], by_urn: Mapping[str, Resource]) -> list[str]:
    """What Terraform's configuration would have in the place of a value: the attribute, and the resource.

    `sources` are the resources that the property depends on. A value that is unknown may come from any of them; a
    known one comes from those that hold it. A value that was handed on (a bucket's name, taken from its versioning so
    that one waits for the other) leads back to where it began, which is what a check over both looks for.
    """
    found: dict[str, None] = {}
    waiting, seen = list(sources), set()
    while waiting:
        source = waiting.pop(0)
        if source.urn in seen or not (attribute := _attribute(value, source)):
            continue
        seen.add(source.urn)
        found |= dict.fromkeys((f"{source.address}.{attribute}", source.address))
        for key, each in source.inputs.items():
            if each == value:
                waiting += [by_urn[urn] for urn in source.dependencies.get(key, ()) if urn in by_urn]
    return list(found)


def _attribute(value: str, source: Resource) -> str | None:
    if value == COMPUTED:
        return "arn" if "arn" in source.outputs else "id"
    if source.id and value == source.id:
        return "id"
    told = {**source.inputs, **source.outputs}
    exact = [key for key, each in told.items() if isinstance(each, str) and each == value and each != COMPUTED]
    if exact:
        return "arn" if "arn" in exact else snake(exact[0])
    # A path in a bucket, or a document that names the resource.
    held = [told.get("arn"), told.get("bucket"), told.get("name"), source.id]
    return "id" if any(isinstance(each, str) and len(each) > 3 and each in value for each in held) else None
