"""Answers to the engine that several kinds of resources give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.kubernetes import diff
from local.providers.values import Properties, encode


def checked(inputs: Properties, secrets: frozenset[str], problems: list[str]) -> Any:
    """The inputs to remember, and every reason to refuse them."""
    reasons = [provider_pb2.CheckFailure(reason=problem) for problem in problems]
    return provider_pb2.CheckResponse(inputs=encode(inputs, secrets), failures=reasons)


def differing(
    found: Mapping[str, diff.Kind], replaces: Collection[str], *, inputs: Collection[str], name_is_taken: bool
) -> Any:
    """What changes and what of it replaces; `inputs` are the paths that the program itself changed.

    A replacement whose name is taken waits for the old resource's deletion.
    """
    detailed = {
        path: provider_pb2.PropertyDiff(
            kind=provider_pb2.PropertyDiff.Kind.Value(kind.upper() + ("_REPLACE" if path in replaces else "")),
            inputDiff=path in inputs,
        )
        for path, kind in found.items()
    }
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some if found else none,
        replaces=sorted(replaces),
        deleteBeforeReplace=bool(replaces) and name_is_taken,
        diffs=sorted({str(diff.split(path)[0]) for path in found}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
