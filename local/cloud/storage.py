"""S3 as the emulated account serves it."""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker


def install() -> None:
    """Store bucket policies and enforce none: moto takes a condition that does not hold for a denial.

    Under a policy that denies plain HTTP, as every bucket of ours has, it would refuse all of loopback. A delete marker
    that is deleted holds nothing to let go of, which moto asks of it all the same.
    """

    def neutral(_bucket: FakeBucket, _action: str, _resource: str) -> Any:
        return PermissionResult.NEUTRAL

    moto: Any = FakeBucket
    moto.get_permission = neutral
    marker: Any = FakeDeleteMarker
    marker.dispose = lambda _marker: None
