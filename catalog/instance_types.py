"""SageMaker instance types: where they exist, how large they are and what accelerates them."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Accelerator = Literal["none", "gpu", "neuron"]
Architecture = Literal["amd64", "arm64"]

_DATA, _SPECS = (Path(__file__).with_name(f"{name}.json") for name in ("hosting_instance_types", "instance_specs"))
# AWS's naming of accelerated families: P and G carry NVIDIA GPUs, Inf and Trn AWS Neuron chips.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_GPU, _NEURON = ("p", "g"), ("inf", "trn")


@dataclass(frozen=True, kw_only=True)
class InstanceSpec:
    """One type's size: vCPUs, memory in GiB, and `count` accelerators of one product; 0 and "" without any."""

    instance_type: str
    vcpu: int
    memory_gib: float
    accelerator: Accelerator
    count: int
    product: str


@cache
def _regions() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(_DATA.read_text())["regions"]
    return found


@cache
def _specs() -> dict[str, Any]:
    specs: dict[str, Any] = json.loads(_SPECS.read_text())
    return specs


def spec(instance_type: str) -> InstanceSpec | None:
    """The size of a hosting type, or of the EC2 type behind it (`ml.g5.xlarge` or `g5.xlarge`); None if unknown."""
    family_name, _, size = instance_type.removeprefix("ml.").partition(".")
    found = _specs()["families"].get(family_name, {})
    if size not in found.get("sizes", {}):
        return None
    vcpu, memory, count = found["sizes"][size]
    return InstanceSpec(
        instance_type=instance_type,
        vcpu=vcpu,
        memory_gib=memory,
        accelerator=found["accelerator"],
        count=count,
        product=found["product"],
    )


def transform_types() -> frozenset[str]:
    """Every instance type that a batch transform job may ask for; fewer than hosting has, and no region's list."""
    return frozenset(f"ml.{family}.{size}" for family, sizes in _specs()["transform"].items() for size in sizes)


def regions() -> tuple[str, ...]:
    """The regions whose hosting types the catalog knows."""
    return tuple(sorted(_regions()))


def hosting_types(region: str) -> frozenset[str]:
    """Every instance type that SageMaker hosting offers in a region; empty for a region the catalog does not know."""
    families = _regions().get(region, {})
    return frozenset(f"ml.{family}.{size}" for family, sizes in families.items() for size in sizes)


def family(instance_type: str) -> str:
    """`ml.g5.xlarge` → `g5`."""
    return instance_type.split(".")[1] if instance_type.count(".") == 2 else ""


def accelerator(instance_type: str) -> Accelerator:
    """What accelerates a type, read from its family's name."""
    letters = re.match("[a-z]*", family(instance_type))[0]  # type: ignore[index]  # `*` always matches
    if letters in _NEURON:
        return "neuron"
    return "gpu" if letters in _GPU else "none"


def architecture(instance_type: str) -> Architecture:
    """The processor of a type (`m7g.large` or `ml.m7g.large`) as Kubernetes writes it: a `g` after the generation is
    AWS's Graviton.

    https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
    """
    found = re.match(r"[a-z]+\d+([a-z]*)", instance_type.removeprefix("ml.").partition(".")[0])
    return "arm64" if found and "g" in found[1] else "amd64"


def has_local_storage(instance_type: str) -> bool:
    """Whether instances carry their own NVMe disks, which SageMaker encrypts itself and refuses a KMS key for.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html (KmsKeyId)
    """
    name = family(instance_type)
    return accelerator(instance_type) == "gpu" or name.startswith("trn") or name.endswith(("d", "dn"))


def refusal(instance_type: str, region: str) -> str | None:
    """Why a type cannot be used in a region, with the nearest that can; None when it can."""
    allowed = hosting_types(region)
    if not allowed or instance_type in allowed:
        return None
    near = difflib.get_close_matches(instance_type, sorted(allowed), n=4, cutoff=0.5)
    return f"{len(allowed)} hosting types of {region}, such as {', '.join(near or sorted(allowed)[:4])}"
