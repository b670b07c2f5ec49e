"""Resources as the engine sends them to a policy pack: protocol messages made into plain values, once each."""

from __future__ import annotations

from typing import Any

from policies.declared import Declared
from policies.digest import plain


def resource(request: Any) -> Declared:
    """The resource of an AnalyzeRequest or AnalyzerResource, without what it is made of."""
    return Declared(
        type=request.type,
        name=request.name,
        urn=request.urn,
        props=values(request.properties),
        parent=request.options.parent,
        protect=request.options.protect,
    )


def references(request: Any) -> dict[str, tuple[str, ...]]:
    """For each property of an AnalyzerResource, the resources that it was made from."""
    return {name: tuple(found.urns) for name, found in request.propertyDependencies.items()}


def values(struct: Any) -> dict[str, Any]:
    """A protocol struct as rules see values, whole numbers as integers; see policies.digest.plain."""
    return {key: plain(_json(value)) for key, value in struct.fields.items()}


def _json(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return {key: _json(each) for key, each in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_json(each) for each in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return value.bool_value if kind == "bool_value" else None
