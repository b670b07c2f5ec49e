"""What EKS Auto Mode calls by another name than the simulator does, in both directions.

On AWS a NodePool names an Auto Mode NodeClass (https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html).
The simulator has Karpenter's own kwok provider, whose KWOKNodeClass knows no AWS. Everything else is the same object.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

Manifest = dict[str, Any]

NODE_CLASS: Final = ("eks.amazonaws.com/v1", "NodeClass")
SIMULATED: Final = ("karpenter.kwok.sh/v1alpha1", "KWOKNodeClass")
NODE_POOL: Final = ("karpenter.sh/v1", "NodePool")
# The AWS half of a node class (role, subnets, disk) means nothing to the simulator; the object carries it all the same.
SPEC: Final = "local.takeoff/node-class-spec"
BOOT: Final = "2s"
"""How long a simulated machine takes to register."""
_REFERENCES: Final = (
    {"group": "eks.amazonaws.com", "kind": "NodeClass"},
    {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass"},
)
_KEYS: Final = {"eks.amazonaws.com/instance-family": "karpenter.kwok.sh/instance-family"}


def kind_of(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """The apiVersion and the kind of an object."""
    return str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))


def simulated(manifest: Mapping[str, Any]) -> Manifest:
    """The object as the simulator's API server takes it. Raises ValueError for what the simulator cannot mean."""
    made = copy.deepcopy(dict(manifest))
    if kind_of(made) == NODE_CLASS:
        made["apiVersion"], made["kind"] = SIMULATED
        metadata = made.setdefault("metadata", {})
        kept = json.dumps(made.get("spec") or {}, sort_keys=True, separators=(",", ":"))
        metadata["annotations"] = {**(metadata.get("annotations") or {}), SPEC: kept}
        made["spec"] = {"nodeRegistrationDelay": BOOT}
    elif kind_of(made) == NODE_POOL:
        _refuse_unknown(made)
        _rename(made, _REFERENCES, _KEYS)
    return made


def declared(manifest: Mapping[str, Any]) -> Manifest:
    """The object of the simulator's API server as the program declares it: `simulated` undone."""
    made = copy.deepcopy(dict(manifest))
    if kind_of(made) == SIMULATED and SPEC in (annotations := made["metadata"].get("annotations") or {}):
        made["apiVersion"], made["kind"] = NODE_CLASS
        made["spec"] = json.loads(annotations.pop(SPEC))
        if not annotations:
            del made["metadata"]["annotations"]
    elif kind_of(made) == NODE_POOL:
        _rename(made, _REFERENCES[::-1], {theirs: ours for ours, theirs in _KEYS.items()})
    return made


def _rename(pool: Manifest, references: tuple[dict[str, str], ...], keys: Mapping[str, str]) -> None:
    before, after = references
    spec = _template(pool)
    reference = spec.get("nodeClassRef")
    if isinstance(reference, dict) and before.items() <= reference.items():
        reference |= after
    for requirement in spec.get("requirements") or ():
        requirement["key"] = keys.get(requirement.get("key"), requirement.get("key"))


def _refuse_unknown(pool: Manifest) -> None:
    for requirement in _template(pool).get("requirements") or ():
        key = str(requirement.get("key", ""))
        if key.startswith("eks.amazonaws.com/") and key not in _KEYS:
            raise ValueError(
                f"spec.template.spec.requirements: got the key {key!r}, allowed of eks.amazonaws.com on the local "
                f"stack: {', '.join(_KEYS)}; the simulated machines have no such label "
                "(local/providers/kubernetes/translate.py)"
            )


def _template(pool: Manifest) -> Manifest:
    spec = ((pool.get("spec") or {}).get("template") or {}).get("spec")
    return spec if isinstance(spec, dict) else {}
