"""S3 as a job with a role of its own sees it. Call everything here with the account's lock held."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from local.cloud import access, artifacts
from local.cloud.transform_input import InputError, manifest
from local.state import ACCOUNT

S3: Any = s3_backends


def objects(source: dict[str, Any], role: str) -> list[tuple[str, str]]:
    """The objects of an S3DataSource in order, each with the prefix that its output's name leaves out.

    Raises InputError when there is none, PermissionError for a manifest that the role may not read.
    """
    kind, url = source["S3DataType"], source["S3Uri"]
    if kind == "ManifestFile":
        shared, urls = manifest(read(url, role).decode("utf-8", "replace"))
        prefix = shared.removeprefix("s3://").partition("/")[2]
        return [(each, prefix) for each in urls]
    parts = urlsplit(url)
    bucket, prefix = S3[ACCOUNT]["aws"].buckets.get(parts.netloc), parts.path.lstrip("/")
    keys = sorted(key for key in (bucket.keys if bucket else ()) if key.startswith(prefix) and not key.endswith("/"))
    urls = [f"s3://{parts.netloc}/{key}" for key in keys]
    found = [(url, prefix) for url in urls if artifacts.read(url) is not None]
    if not found:
        raise InputError(f"ClientError: no S3 objects found under S3 URL {url} given in input data source.")
    return found


def read(url: str, role: str) -> bytes:
    """An object that the role may read. Raises PermissionError."""
    content = artifacts.read(url) if access.permits(role, "s3:GetObject", url) else None
    if content is None:
        raise PermissionError(f"ClientError: {url} is not there, or {role} may not s3:GetObject.")
    return content


def write(url: str, body: bytes, key_id: str | None, role: str) -> None:
    """Puts an object where the role may write, encrypted with a key if one is named. Raises PermissionError."""
    if not access.permits(role, "s3:PutObject", url):
        raise PermissionError(f"ClientError: {role} may not s3:PutObject {url}.")
    parts = urlsplit(url)
    S3[ACCOUNT]["aws"].put_object(
        parts.netloc, parts.path.lstrip("/"), body, encryption="aws:kms" if key_id else None, kms_key_id=key_id
    )
