"""A preview of the engine as what it declares: `pulumi preview --json --show-sames` read into resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from catalog.computed import COMPUTED
from policies.declared import UNKNOWN, Declared

# How the engine writes what is not plain JSON: one text per type of an unknown value, and a key that says what a
# mapping stands for (sdk/go/common/resource/plugin/rpc.go and resource/sig/sig.go of https://github.com/pulumi/pulumi).
_UNKNOWN: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        COMPUTED,  # string, and computed in general
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (it marks a secret and is none)
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# What the engine and its SDKs keep among the inputs for themselves.
_OWN: Final = ("__defaults", "__internal")
# Steps that show a resource once more, on its way out.
_GOING: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})


class DigestError(ValueError):
    """The text is no preview's JSON, or one that was cut off. The message says what is missing."""


def read(text: str) -> list[Declared]:
    """The resources that a preview's JSON text declares. Raises DigestError for anything else."""
    try:
        digest = json.loads(text)
    except ValueError as error:
        raise DigestError(
            f"preview: got text that is no JSON ({error}); allowed: what `pulumi preview --json --show-sames` writes"
        ) from None
    return declared(digest)


def declared(digest: Mapping[str, Any]) -> list[Declared]:
    """What will exist after a preview, in the engine's order: changed, kept and replaced, not what goes.

    Secrets are UNKNOWN, whatever they hold: a rule that fails would print them. Raises DigestError for a digest
    without steps, or without the resources that a preview leaves as they are.
    """
    steps = digest.get("steps")
    if not isinstance(steps, list) or not steps:
        raise DigestError(
            "preview: got no steps; allowed: what `pulumi preview --json --show-sames` writes (without --show-sames "
            "what stays as it is does not show)"
        )
    states = [step["newState"] for step in steps if step.get("newState") and step.get("op") not in _GOING]
    # A replaced resource shows several times; the last says what will be.
    return [_declared(state) for state in {state["urn"]: state for state in states}.values()]


def _declared(state: Mapping[str, Any]) -> Declared:
    return Declared(
        type=state["type"],
        name=state["urn"].rpartition("::")[2],
        urn=state["urn"],
        props={key: plain(value) for key, value in state.get("inputs", {}).items() if key not in _OWN},
        parent=state.get("parent", ""),
        refs={key: tuple(urns) for key, urns in state.get("propertyDependencies", {}).items() if urns},
        protect=bool(state.get("protect")),
    )


def plain(value: Any) -> Any:
    """A value of the engine as rules see it: what is unknown or secret is UNKNOWN, an output is what it holds."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN else value
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(_SIGNATURE) == _SECRET:
        return UNKNOWN
    if value.get(_SIGNATURE) == _OUTPUT:
        return UNKNOWN if value.get("secret") else plain(value["value"]) if "value" in value else UNKNOWN
    return {key: plain(each) for key, each in value.items() if key not in _OWN}
