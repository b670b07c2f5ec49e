"""What a transform job reads and writes: objects of a prefix or manifest, payloads of lines, names of outputs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence


class InputError(ValueError):
    """An input that AWS fails the job for; the text becomes its FailureReason."""


def manifest(text: str) -> tuple[str, list[str]]:
    """The prefix of a manifest, and its s3:// URLs: a JSON list of {"prefix": …} and names below. Raises InputError."""
    try:
        first, *names = json.loads(text)
        return str(first["prefix"]), [first["prefix"] + name for name in names]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError('ClientError: the manifest is not [{"prefix": "s3://…"}, "name", …]') from error


def payloads(content: bytes, split: str, strategy: str, limit: int) -> Iterator[bytes]:
    """The requests that one object becomes. `limit` is in bytes; a record that is longer raises InputError.

    https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
    """
    records = content.splitlines() if split == "Line" else [content]
    waiting: list[bytes] = []
    size = 0
    for record in records:
        if len(record) > limit:
            raise InputError(
                f"ClientError: a record of {len(record)} bytes is longer than MaxPayloadInMB ({limit} bytes)"
            )
        if waiting and (strategy == "SingleRecord" or size + 1 + len(record) > limit):
            yield b"\n".join(waiting)
            waiting, size = [], 0
        waiting.append(record)
        size += len(record) + bool(size)
    if waiting:
        yield b"\n".join(waiting)


def assembled(answers: Sequence[bytes], how: str) -> bytes:
    """One output object of all answers; with Line each of them ends a line."""
    if how != "Line":
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def output_key(source: str, prefix: str, output: str) -> str:
    """Where the result of an input object goes: its name below the prefix, with .out, below the output's."""
    below = source.removeprefix(prefix).lstrip("/") or source.rpartition("/")[2]
    return f"{output.strip('/')}/{below}.out".lstrip("/")
