"""AWS's published resource schemas, from cfn-lint's data, as a judge of planned inputs in Pulumi's spelling."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.providers.aws.published import Schema, allowed_values, resource_schema
from local.providers.aws.row import Row
from local.providers.aws.shapes import bare, camel, find
from local.providers.values import UNKNOWN, Properties, asset_kind, has_unknown

_SHOWN = 5
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def violations(row: Row, inputs: Properties, secrets: frozenset[str], region: str) -> list[str]:
    """What AWS's schema forbids in these inputs: property path, value, what is allowed. Unknown values are skipped."""
    judge = Judge(row, secrets, region)
    found = [*judge.documents(inputs)]
    if row.schema:
        name, _, definition = row.schema.partition("#")
        try:
            judge.root = resource_schema(name, region)
        except LookupError as error:
            return [str(error)]
        top = judge.root["definitions"][definition] if definition else judge.root
        found += judge.check(top, {k: v for k, v in inputs.items() if k not in {"tags", "region", "__defaults"}}, "")
    return found


@dataclass
class Judge:
    """Walks a value and its schema side by side."""

    row: Row
    secrets: frozenset[str]
    region: str
    root: Schema | None = None

    def documents(self, inputs: Properties) -> Iterator[str]:
        """Properties that must hold JSON and do not."""
        for name in sorted(self.row.json & inputs.keys()):
            if isinstance(inputs[name], str):
                try:
                    json.loads(inputs[name])
                except ValueError as error:
                    yield self._says(name, inputs[name], f"a JSON document ({error})")

    def check(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        """Every violation at or below `path`."""
        schema = self._resolved(schema)
        if value is UNKNOWN or value is None or asset_kind(value):
            return
        if not isinstance(value, dict | list) and value in self.row.beyond.get(bare(path), ()):
            return
        if bare(path) in self.row.texts and isinstance(value, str):
            value = _number(value)
        if file := self.row.allowed.get(bare(path)):
            yield from self._among(list(allowed_values(file, self.region)), value, path)
            return
        yield from self._type(schema, value, path)
        if isinstance(value, dict):
            yield from self._object(schema, value, path)
        elif isinstance(value, list):
            yield from self._array(schema, value, path)
        else:
            yield from self._scalar(schema, value, path)
        for part in schema.get("allOf", []):
            yield from self.check(part, value, path)
        for choice in (schema.get("anyOf", []), schema.get("oneOf", [])):
            if failures := [list(self.check(part, value, path)) for part in choice]:
                yield from min(failures, key=len)

    def _object(self, schema: Schema, value: dict[str, Any], path: str) -> Iterator[str]:
        properties: Schema = schema.get("properties", {})
        given = {path.partition(".")[0] for path in self.row.create.fixed} if not path else set[str]()
        inner: dict[str, dict[str, Any]] = {}
        for name, item in value.items():
            here = f"{path}.{name}".lstrip(".")
            target = self.row.schema_names.get(bare(here)) or find(properties, name)
            target = target or self._by_member(properties, here)
            wrapper, _, within = self._renamed(here).partition(".")
            if within and wrapper in properties and path:
                inner.setdefault(wrapper, {})[name] = item
            if target in properties and item is not None:
                given.add(target)
                yield from self._flattened(properties[target], item, here)
        for wrapper, part in inner.items():
            given.add(wrapper)
            yield from self.check(properties[wrapper], part, path)
        for name in schema.get("required", []):
            if name not in given:
                here = f"{path}.{self.pulumi_name(name, path)}".lstrip(".")
                yield f"{here}: missing; AWS requires it"

    def _flattened(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        """Pulumi spells a list of at most one item as the item itself, and now and then an object as a list."""
        kind = self._resolved(schema).get("type")
        items = self._resolved(schema).get("items", {}) if kind == "array" else {}
        members = self._resolved(items).get("properties", {}).keys()
        named = next((name for name in ("Name", "Key") if {name, "Value"} <= members), None)
        if kind == "array" and isinstance(value, dict) and named:
            yield from self.check(schema, [{named: key, "Value": item} for key, item in value.items()], path)
        elif kind == "array" and (isinstance(value, dict) or self._alone(value, path)):
            yield from self.check(items, value, path)
        elif kind == "object" and isinstance(value, list):
            yield from (v for i, item in enumerate(value) for v in self.check(schema, item, f"{path}[{i}]"))
        else:
            yield from self.check(schema, value, path)

    def _alone(self, value: Any, path: str) -> bool:
        return isinstance(value, str) and path in self.row.schema_names

    def _array(self, schema: Schema, value: list[Any], path: str) -> Iterator[str]:
        for i, item in enumerate(value):
            yield from self.check(schema.get("items", {}), item, f"{path}[{i}]")
        low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if not low <= len(value) <= high:
            yield f"{path}: got {len(value)} items, allowed {low} to {high}"
        if schema.get("uniqueItems") and not has_unknown(value) and len({json.dumps(v) for v in value}) < len(value):
            yield self._says(path, value, "items that differ from each other")

    def _scalar(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        if "enum" in schema:
            yield from self._among(schema["enum"], value, path)
        if isinstance(value, str):
            low, high = schema.get("minLength", 0), schema.get("maxLength", len(value))
            if not low <= len(value) <= high:
                yield self._says(path, value, f"{low} to {high} characters, this has {len(value)}")
            elif "pattern" in schema and not _matches(schema["pattern"], value):
                yield self._says(path, value, f"text that matches {schema['pattern']}")
        elif not isinstance(value, bool):
            low, high = schema.get("minimum", value), schema.get("maximum", value)
            if not low <= value <= high:
                yield self._says(path, value, f"{schema.get('minimum', '-∞')} to {schema.get('maximum', '∞')}")

    def _type(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        document = "object" in kinds and isinstance(value, str)  # Pulumi takes policies as JSON text
        fits = any(isinstance(value, _TYPES[kind]) and isinstance(value, bool) <= (kind == "boolean") for kind in kinds)
        if kinds and not fits and not document:
            yield self._says(path, value, " or ".join(kinds))

    def _among(self, allowed: list[Any], value: Any, path: str) -> Iterator[str]:
        if value in allowed:
            return
        texts = [str(item) for item in allowed]
        near = difflib.get_close_matches(str(value), texts, _SHOWN, 0.5) or texts[:_SHOWN]
        more = f" and {len(allowed) - len(near)} more" if len(allowed) > len(near) else ""
        where = f" in {self.region}" if bare(path) in self.row.allowed else ""
        yield self._says(path, value, ", ".join(near) + more + where)

    def _says(self, path: str, value: Any, allowed: str) -> str:
        secret = re.split(r"[.\[]", path)[0] in self.secrets
        text = "[secret]" if secret else json.dumps(value, default=repr)
        return f"{path}: got {text if len(text) <= 120 else text[:117] + '...'}, allowed {allowed}"

    def _renamed(self, path: str) -> str:
        return next((c.renames[bare(path)] for c in self.row.calls if bare(path) in c.renames), "")

    def _by_member(self, properties: Schema, path: str) -> str | None:
        member = self._renamed(path)
        member = member or next((m for m, prop in self.row.keys.items() if prop == path and m in properties), "")
        return find(properties, member.rpartition(".")[2]) if member else None

    def pulumi_name(self, name: str, path: str = "") -> str:
        """Pulumi's spelling of a schema property below `path`."""
        names = {target: prop for call in self.row.calls for prop, target in call.renames.items()}
        names = dict(self.row.keys) | names | {target: prop for prop, target in self.row.schema_names.items()}
        known = {target.lower(): prop for target, prop in names.items()} if not path else {}
        return known.get(name.lower(), camel(name))

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema and self.root is not None:
            target: Any = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target | {key: value for key, value in schema.items() if key != "$ref"}
        return schema


def _number(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # written for another regular expression dialect: AWS itself will judge
        return True
