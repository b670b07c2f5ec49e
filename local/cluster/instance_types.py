"""The instance types of the simulated cloud, made of the types that the stack's node pools name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.ec2_prices import hourly
from catalog.instance_types import InstanceSpec, spec
from catalog.requirements import types
from local.state import REGION

ZONES = tuple(f"{REGION}{letter}" for letter in "abc")
# A market has no table: three tenths of the price on demand is an assumption of the simulator's, by which Karpenter
# prefers spot where a pool allows both.
SPOT_SHARE = 0.3
# Beyond SageMaker's own list AWS's Graviton families end in g, or have it before what they add (c7gd, c6gn).
_GRAVITON = ("g", "gd", "gn")
_PODS = "110"
_EKS = "eks.amazonaws.com"


class UnknownTypeError(ValueError):
    """A pool names what the catalog does not know."""


def named(pools: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The types that a stack file's `nodePools` name by type or by family, sorted; all that are known when none does.

    Raises UnknownTypeError for a type or a family that the catalog does not know.
    """
    known = {each.instance_type for each in types()}
    found: set[str] = set()
    for name, pool in pools.items():
        found |= {_known(type_, known, f"nodePools.{name}.types") for type_ in pool.get("types") or ()}
        for family in pool.get("families") or ():
            sizes = {each for each in known if each.partition(".")[0] == family}
            if not sizes:
                allowed = ", ".join(sorted({each.partition(".")[0] for each in known}))
                raise UnknownTypeError(f"nodePools.{name}.families: got {family!r}; allowed: {allowed}")
            found |= sizes
    return tuple(sorted(found or known))


def document(names: Iterable[str], zones: Sequence[str] = ZONES, *, spot: bool = True) -> list[dict[str, Any]]:
    """What Karpenter's simulator reads: of each type an offering in each zone on demand and, if there is any, on spot.

    A type without a price is left out: Karpenter decides by price, and an invented one would decide wrongly. Raises
    UnknownTypeError for a type that the catalog does not know, and where no type is left.
    """
    found = [(each, hourly(each.instance_type)) for each in map(_spec, dict.fromkeys(names))]
    market = {"on-demand": 1.0} | ({"spot": SPOT_SHARE} if spot else {})
    made = [_entry(each, price, zones, market) for each, price in found if price is not None]
    if not made:
        raise UnknownTypeError(f"no instance type has a price; got {[each.instance_type for each, _ in found]}")
    return made


def _entry(found: InstanceSpec, price: float, zones: Sequence[str], market: Mapping[str, float]) -> dict[str, Any]:
    resources = {"cpu": str(found.vcpu), "memory": f"{round(found.memory_gib * 1024)}Mi", "pods": _PODS}
    # Auto Mode's NodeClass says how large a node's disk is; the simulator's has no such key.
    resources["ephemeral-storage"] = "80Gi"
    if found.accelerator == "gpu":
        resources["nvidia.com/gpu"] = str(found.count)
    return {
        "name": found.instance_type,
        "architecture": architecture(found.instance_type),
        "operatingSystems": ["linux"],
        "resources": resources,
        "offerings": [
            _offering(found, zone, capacity, price * share) for zone in zones for capacity, share in market.items()
        ],
    }


def _offering(found: InstanceSpec, zone: str, capacity: str, price: float) -> dict[str, Any]:
    where = {"karpenter.sh/capacity-type": capacity, "topology.kubernetes.io/zone": zone}
    # An offering's labels come to the node, and a pool's requirements are held against them.
    labels = where | _labels(found)
    asked = [{"key": key, "operator": "In", "values": [value]} for key, value in labels.items()]
    return {"Price": round(price, 5), "Available": True, "Requirements": asked}


def _labels(found: InstanceSpec) -> dict[str, str]:
    """The labels that EKS Auto Mode gives such a node, as far as the catalog knows them.

    https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html (supported labels)
    """
    family, _, size = found.instance_type.partition(".")
    labels = {"instance-family": family, "instance-size": size, "instance-cpu": str(found.vcpu)}
    labels["instance-memory"] = str(round(found.memory_gib * 1024))
    if found.accelerator == "gpu":
        labels |= {"instance-gpu-manufacturer": "nvidia", "instance-gpu-count": str(found.count)}
        labels["instance-gpu-name"] = found.product.removeprefix("NVIDIA ").replace(" ", "-").lower()
    return {f"{_EKS}/{key}": value for key, value in labels.items()}


def architecture(instance_type: str) -> str:
    """`arm64` for a Graviton type, `amd64` for the rest, read from the family's name.

    https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
    """
    after = instance_type.partition(".")[0].lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0123456789")
    return "arm64" if after in _GRAVITON else "amd64"


def _spec(name: str) -> InstanceSpec:
    found = spec(name)
    if found is None:
        raise UnknownTypeError(f"instance type: got {name!r}; allowed: a type of catalog/instance_specs.json")
    return found


def _known(name: str, known: set[str], where: str) -> str:
    if name not in known:
        raise UnknownTypeError(f"{where}: got {name!r}; allowed: a type of catalog/instance_specs.json")
    return name
