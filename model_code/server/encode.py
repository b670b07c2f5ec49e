"""From probabilities to an answer's bytes, one pure function per type that the caller may accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from pydantic_core import to_json

from model_code.errors import InputError
from model_code.server.npy import write_npy
from model_code.table import Matrix

Classes = Sequence[str]


def encode_json(probabilities: Matrix, classes: Classes) -> bytes:
    """`{"predictions": [class, …], "probabilities": [[p, …], …]}`, probabilities in the order of the classes."""
    return to_json({"predictions": _predictions(probabilities, classes), "probabilities": probabilities.tolist()})


def encode_csv(probabilities: Matrix, classes: Classes) -> bytes:
    """A line per row without a header: the predicted class, then a probability per class."""
    rows = zip(_predictions(probabilities, classes), probabilities.tolist(), strict=True)
    return "".join(f"{label},{','.join(map(repr, row))}\n" for label, row in rows).encode()


def encode_npy(probabilities: Matrix, classes: Classes) -> bytes:  # noqa: ARG001  one signature for all encoders
    """The probabilities alone, as a float32 .npy file of shape (rows, classes)."""
    return write_npy(probabilities)


def _predictions(probabilities: Matrix, classes: Classes) -> list[str]:
    return [classes[index] for index in probabilities.argmax(axis=1).tolist()]


ENCODERS: dict[str, Callable[[Matrix, Classes], bytes]] = {
    "application/json": encode_json,
    "text/csv": encode_csv,
    "application/x-npy": encode_npy,
}
DEFAULT = "application/json"


@lru_cache(maxsize=64)
def media_type(header: bytes) -> str:
    """A Content-Type header's type in lower case, without its parameters."""
    return header.split(b";", 1)[0].strip().lower().decode("latin-1")


@lru_cache(maxsize=64)
def accepted(header: bytes) -> str:
    """The answer's type for an Accept header: the first that we speak among those the caller likes best."""
    best, chosen = 0.0, ""
    for choice in header.split(b","):
        kind, quality = media_type(choice), _quality(choice)
        if kind in ("", "*/*", "application/*"):
            kind = DEFAULT
        elif kind == "text/*":
            kind = "text/csv"
        if kind in ENCODERS and quality > best:
            best, chosen = quality, kind
    if not chosen:
        raise InputError(
            "no answer of the accepted type", got=header.decode("latin-1"), allowed=list(ENCODERS), status=406
        )
    return chosen


def _quality(choice: bytes) -> float:
    for parameter in choice.split(b";")[1:]:
        key, _, value = parameter.strip().partition(b"=")
        if key == b"q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
