"""Into how many instances a GPU can be cut, by NVIDIA's MIG profiles."""

from __future__ import annotations

from collections.abc import Mapping

# Instance family → profile → instances of one GPU, all of that profile. A family without an entry has no MIG.
# https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html
_A100_40: Mapping[str, int] = {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1}
_OF_80: Mapping[str, int] = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1}
_H200: Mapping[str, int] = {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1}
_B200: Mapping[str, int] = {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1}
_B300: Mapping[str, int] = {"1g.34gb": 7, "1g.67gb": 4, "2g.67gb": 3, "3g.135gb": 2, "4g.135gb": 1, "7g.269gb": 1}
_PROFILES: Mapping[str, Mapping[str, int]] = {
    "p4d": _A100_40,
    "p4de": _OF_80,
    "p5": _OF_80,
    "p5en": _H200,
    "p6-b200": _B200,
    "p6-b300": _B300,
}


def profiles(instance_type: str) -> tuple[str, ...]:
    """The profiles that the GPUs of a type (`p4d.24xlarge`) can be cut by; none where they cannot be cut at all."""
    return tuple(_PROFILES.get(instance_type.partition(".")[0], ()))


def instances(instance_type: str, profile: str) -> int:
    """How many instances of a profile one GPU of a type becomes; 0 where it has no such profile."""
    return _PROFILES.get(instance_type.partition(".")[0], {}).get(profile, 0)
