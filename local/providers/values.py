"""Pulumi's property values on the wire, as plain Python and back.

Unknown values stay visible as UNKNOWN at any depth, secrets are tracked per top-level property, assets and archives
stay the dictionaries that the engine sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

Properties = dict[str, Any]

# The engine's wire constants (pulumi/sdk/go/common/resource/sig): they identify special objects and unknown values.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a wire constant)
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_ASSETS: Final = {"c44067f5952c0a294b673a41bacd8c17": "asset", "0def7320c3a5731c473e5ecbe6d01bc7": "archive"}
_UNKNOWNS: Final = {
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class Unknown:
    """A value that exists only after another resource was created."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


def decode(struct: struct_pb2.Struct) -> tuple[Properties, frozenset[str]]:
    """The properties as plain Python, and the names of those that are or hold a secret."""
    secrets: set[str] = set()
    properties = {name: _plain(value, name, secrets) for name, value in struct.fields.items()}
    return properties, frozenset(secrets)


def encode(properties: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """The properties for the wire; those named in `secrets` are marked secret."""
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        wire = _wire(value)
        struct.update({name: {_SIGNATURE: _SECRET, "value": wire} if name in secrets else wire})
    return struct


def has_unknown(value: Any) -> bool:
    """Whether the value is, or holds at any depth, something not known yet."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def asset_kind(value: Any) -> str:
    """`asset`, `archive`, or nothing."""
    return _ASSETS.get(value.get(_SIGNATURE, ""), "") if isinstance(value, dict) else ""


def _plain(value: struct_pb2.Value, name: str, secrets: set[str]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _object(value.struct_value, name, secrets)
    if kind == "list_value":
        return [_plain(item, name, secrets) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _object(struct: struct_pb2.Struct, name: str, secrets: set[str]) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET or (signature == _OUTPUT and fields["secret"].bool_value):
        secrets.add(name)
    if signature in {_SECRET, _OUTPUT}:
        return _plain(fields["value"], name, secrets) if "value" in fields else UNKNOWN
    if signature == _RESOURCE:
        return _plain(fields["id"], name, secrets)
    return {key: _plain(item, name, secrets) for key, item in fields.items()}


def _wire(value: Any) -> Any:
    if value is UNKNOWN:
        return "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items()}
    return [_wire(item) for item in value] if isinstance(value, list | tuple) else value
