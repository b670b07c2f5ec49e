"""SageMaker hosting instance types: where they exist and what accelerates them."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from pathlib import Path
from typing import Literal

Accelerator = Literal["none", "gpu", "neuron"]

_DATA = Path(__file__).with_name("hosting_instance_types.json")
# AWS's naming of accelerated families: P and G carry NVIDIA GPUs, Inf and Trn AWS Neuron chips.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_GPU, _NEURON = ("p", "g"), ("inf", "trn")


@cache
def _regions() -> dict[str, dict[str, list[str]]]:
    regions: dict[str, dict[str, list[str]]] = json.loads(_DATA.read_text())["regions"]
    return regions


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
