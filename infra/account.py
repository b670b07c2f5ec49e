"""What the program must know of the account: which image and versions each model has, and what it wished for last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from catalog.candidates import Candidates, holds
from catalog.desired import Desired
from model_code.contract import VersionRecord


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One model's parameters under /takeoff/<stack>/<model>/; all empty on the first `up`.

    `versions` has the keys `approved`, `candidate` and each version that could be pinned.
    """

    image: str = ""
    versions: Mapping[str, VersionRecord] = field(default_factory=dict)
    desired: Desired | Candidates | None = None


NONE = Facts()


def read(stack: str, opts: pulumi.InvokeOptions) -> dict[str, Facts]:
    """The facts of every model of a stack, by model name."""
    return sort(parameters(stack, opts), stack)


def parameters(stack: str, opts: pulumi.InvokeOptions) -> dict[str, str]:
    """Every parameter of a stack, by name."""
    found = aws.ssm.get_parameters_by_path(path=f"/takeoff/{stack}", recursive=True, with_decryption=True, opts=opts)
    return dict(zip(found.names, found.values, strict=True))


def sort(parameters: Mapping[str, str], stack: str) -> dict[str, Facts]:
    """Group parameters by model. What is not a fact of ours (such as `outcome`) is left alone."""
    models: dict[str, dict[str, str]] = {}
    for name, value in parameters.items():
        model, _, leaf = name.removeprefix(f"/takeoff/{stack}/").partition("/")
        models.setdefault(model, {})[leaf] = value
    return {model: _facts(leaves) for model, leaves in models.items()}


def _facts(leaves: Mapping[str, str]) -> Facts:
    versions = {
        leaf.removeprefix("versions/"): VersionRecord.model_validate_json(value)
        for leaf, value in leaves.items()
        if leaf in {"approved", "candidate"} or leaf.startswith("versions/")
    }
    return Facts(image=leaves.get("image", ""), versions=versions, desired=_desired(leaves.get("desired", "")))


def _desired(text: str) -> Desired | Candidates | None:
    """The wish of either kind; a model may have been of the other kind before."""
    if not text:
        return None
    return Candidates.from_json(text) if holds(text) else Desired.from_json(text)
