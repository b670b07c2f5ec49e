"""Which of EKS's machine images can drive what a managed node group's instances carry."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.instance_types import Architecture

# Image, as EKS calls it (amiType) → its processor, and whether NVIDIA's driver is in it. Amazon Linux 2 is left out:
# since 2025-11-26 EKS publishes it no more.
# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
_IMAGES: Mapping[str, tuple[Architecture, bool]] = {
    "AL2023_x86_64_STANDARD": ("amd64", False),
    "AL2023_x86_64_NVIDIA": ("amd64", True),
    "AL2023_ARM_64_STANDARD": ("arm64", False),
    "AL2023_ARM_64_NVIDIA": ("arm64", True),
    "BOTTLEROCKET_x86_64": ("amd64", False),
    "BOTTLEROCKET_x86_64_NVIDIA": ("amd64", True),
    "BOTTLEROCKET_ARM_64": ("arm64", False),
    "BOTTLEROCKET_ARM_64_NVIDIA": ("arm64", True),
}


def default_ami(architecture: Architecture, *, gpu: bool) -> str:
    """Amazon Linux 2023 for a processor, with NVIDIA's driver where there is a GPU."""
    return f"AL2023_{'x86_64' if architecture == 'amd64' else 'ARM_64'}_{'NVIDIA' if gpu else 'STANDARD'}"


def amis(architecture: Architecture, *, gpu: bool, shared: bool) -> tuple[str, ...]:
    """The images that can drive it; shared GPUs need one whose device plugin is ours to configure.

    Bottlerocket brings the plugin as a part of itself, which is configured by its own settings and not by the chart's.
    https://docs.aws.amazon.com/eks/latest/best-practices/aiml-compute.html
    """
    fitting = [name for name, has in _IMAGES.items() if has == (architecture, gpu)]
    return tuple(name for name in fitting if not shared or needs_plugin(name))


def needs_plugin(ami: str) -> bool:
    """Whether NVIDIA's device plugin has to be installed: Amazon Linux has the driver alone.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-nvidia.html
    """
    return ami.startswith("AL2023") and ami.endswith("NVIDIA")
