"""What other files say about stack files, made from the configuration itself: python -m infra.reference."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from infra.config import Stack

ROOT = Path(__file__).resolve().parent.parent
_README = ROOT / "stacks/README.md"
_MARK = "<!-- keys: written by `python -m infra.reference` -->\n"
_BEGIN, _END = "# config: written by `python -m infra.reference`\n", "# end of config\n"


def files() -> dict[Path, str]:
    """What each file must hold: the JSON Schema for editors, the table of keys, the engine's config block."""
    schema = Stack.model_json_schema(by_alias=True)
    project = ROOT / "Pulumi.yaml"
    return {
        ROOT / "stacks/schema.json": json.dumps(stack_file(schema), indent=1, ensure_ascii=False) + "\n",
        _README: _README.read_text().partition(_MARK)[0] + _MARK + tables(schema),
        project: _replaced(project.read_text(), config_block(schema)),
    }


def stack_file(schema: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of a whole Pulumi.<stack>.yaml."""
    keys = {f"takeoff:{name}": value for name, value in schema["properties"].items()}
    config = {"type": "object", "properties": keys, "required": [f"takeoff:{name}" for name in schema["required"]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack file of Takeoff",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": schema["$defs"],
    }


def tables(schema: dict[str, Any]) -> str:
    """One table for the stack and one for each part of it, in the order in which a reader meets them."""
    sections, waiting, seen = [], ["Stack"], set()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        part = schema if name == "Stack" else schema["$defs"][name]
        rows = [
            f"| `{key}` | {_type(field)} | {_default(part, key)} | {_meaning(field)} |" for key, field in _keys(part)
        ]
        heading = "\n## Top level\n" if name == "Stack" else f"\n## {_title(name)}\n\n{part['description'].strip()}\n"
        sections.append("\n".join([heading, "| key | type | default | meaning |", "|---|---|---|---|", *rows, ""]))
        waiting += [each for _, field in _keys(part) for each in _parts(field)]
    return "\n".join(section.strip("\n") + "\n" for section in sections)


def config_block(schema: dict[str, Any]) -> str:
    """Pulumi.yaml's config block: keys that are required or have a default.

    The engine takes a key that is declared without a default for required, so optional blocks are named in a comment.
    """
    lines, optional = ["config:"], []
    for key, field in _keys(schema):
        default = field.get("default")
        if key not in schema.get("required", []) and default is None:
            optional.append(key)
            continue
        lines += [
            f"  takeoff:{key}:",
            f"    type: {field['type']}",
            f"    description: {json.dumps(field['description'])}",
        ]
        if key not in schema["required"]:
            lines.append(f"    default: {json.dumps(default)}")
        if field["type"] == "array":
            lines.append(f"    items: {{type: {field['items']['type']}}}")
    return "\n".join([*lines, f"# Optional blocks, of type object: {', '.join(optional)}.", ""])


def _replaced(text: str, block: str) -> str:
    head, _, rest = text.partition(_BEGIN)
    return head + _BEGIN + block + _END + rest.partition(_END)[2]


def _keys(part: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(part["properties"].items())


def _chosen(field: dict[str, Any]) -> dict[str, Any]:
    """The type of an optional key, without its null."""
    return next((each for each in field.get("anyOf", []) if each.get("type") != "null"), field)


def _parts(field: dict[str, Any]) -> list[str]:
    """The parts of the configuration that a key holds."""
    return re.findall(r'"#/\$defs/(\w+)"', json.dumps(field))


def _type(field: dict[str, Any]) -> str:
    kind = _chosen(field)
    if parts := _parts(kind):
        link = f"[{_title(parts[0]).lower()}](#{_title(parts[0]).lower().replace(' ', '-')})"
        if kind.get("type") == "array":
            return f"list of {link}"
        return f"object: name → {link}" if kind.get("type") == "object" else link
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    if kind["type"] == "array":
        return f"list of {_type(kind['items'])}"
    if kind["type"] == "object":
        [values] = kind.get("patternProperties", {"": kind.get("additionalProperties")}).values()
        return f"object: name → {_type(values)}"
    return f"{kind['type']}{_range(kind)}"


def _range(kind: dict[str, Any]) -> str:
    low = kind.get("minimum", kind.get("exclusiveMinimum"))
    high = kind.get("maximum", kind.get("exclusiveMaximum"))
    if low is None:
        return ""
    if high is not None:
        return f" {low}–{high}"
    return f" from {low}" if "minimum" in kind else f" above {low}"


def _default(part: dict[str, Any], key: str) -> str:
    if key in part.get("required", []):
        return "required"
    default = part["properties"][key].get("default")
    if default is None or default in ([], {}):
        return "none"
    return "its own defaults" if isinstance(default, dict) else f"`{json.dumps(default).strip(chr(34))}`"


def _meaning(field: dict[str, Any]) -> str:
    return str(field.get("description", "")).replace("|", "\\|")


def _title(name: str) -> str:
    """ScheduledCount → Scheduled count."""
    return re.sub(r"(?<!^)([A-Z])", lambda letter: f" {letter[1].lower()}", name)


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
