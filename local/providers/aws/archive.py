"""Bytes of an asset or archive; an archive becomes a zip file whose bytes depend on its content alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.providers.values import asset_kind

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the zip format can hold


def content(value: dict[str, Any]) -> bytes:
    """What an API's blob member carries for this asset or archive."""
    if asset_kind(value) == "asset":
        return _asset(value)
    path = Path(value.get("path") or "")
    return path.read_bytes() if value.get("path") and path.is_file() else _zip(dict(_entries(value)))


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            file.writestr(info, entries[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _entries(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, bytes]]:
    if value.get("path"):
        root = Path(value["path"])
        yield from ((prefix + p.relative_to(root).as_posix(), p.read_bytes()) for p in root.rglob("*") if p.is_file())
        return
    if "assets" not in value:
        raise ValueError("an archive must come from a path or from assets; the local stack fetches nothing by URI")
    for name, item in value["assets"].items():
        if asset_kind(item) == "archive":
            yield from _entries(item, f"{prefix}{name}/")
        else:
            yield prefix + name, _asset(item)


def _asset(value: dict[str, Any]) -> bytes:
    if value.get("path"):
        return Path(value["path"]).read_bytes()
    if "text" not in value:
        raise ValueError("an asset must come from a path or a text; the local stack fetches nothing by URI")
    return str(value["text"]).encode()
