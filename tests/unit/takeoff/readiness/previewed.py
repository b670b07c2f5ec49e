"""What the program registered under mocks, as the preview that the engine would have told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.program import deploy as program
from takeoff.preview.previewed import Preview, Step
from tests.deployment import Deployment, deploy
from tests.stacks import shipped


def of(deployment: Deployment, stack: str, config: Mapping[str, Any]) -> Preview:
    """A first deployment of `config`, the stack file's keys, as a preview in which every value is known."""
    steps = tuple(
        Step(
            op="create",
            urn=each.urn,
            type=each.type,
            name=each.name,
            parent=each.parent,
            new=each.inputs,
            protect=each.protect,
        )
        for each in deployment.resources
    )
    return Preview(stack=stack, project="takeoff", config=config, steps=steps, outputs=deployment.outputs)


def preview(stack: str, config: Mapping[str, Any], *, parameters: Mapping[str, str] | None = None) -> Preview:
    """A stack file's keys, previewed in an account that has an image and two versions of every model."""
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    facts = shipped.facts(stack) if parameters is None else parameters
    return of(deploy(program, stack=stack, config=raw, parameters=facts), stack, config)


def shipped_preview(stack: str) -> Preview:
    """A shipped stack file, previewed."""
    return of(shipped.whole(stack), stack, keys(stack))


def keys(stack: str) -> dict[str, Any]:
    """A shipped stack file's keys, as objects."""
    return {key: _object(value) for key, value in shipped.config(stack).items()}


def merged(config: Mapping[str, Any], lines: Mapping[str, Any]) -> dict[str, Any]:
    """Lines put into a stack file: mappings are merged, anything else takes the place of what is there."""
    found = dict(config)
    for key, value in lines.items():
        old = found.get(key)
        found[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def _object(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
