"""One step of a rollout as a pure function: what is, what should be, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.desired import Desired, Share

# SageMaker moves an endpoint through these by itself; every other call is refused meanwhile.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)
MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})


@dataclass(frozen=True, kw_only=True)
class Observed:
    """An endpoint as DescribeEndpoint tells it; `reason` is its FailureReason."""

    status: str
    config: str
    variants: Mapping[str, Share]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempted:
    """What this execution has already asked for; empty strings before the first call."""

    config: str = ""
    shares: str = ""


@dataclass(frozen=True)
class Wait:
    """The endpoint is moving: look again later."""


@dataclass(frozen=True)
class UpdateConfig:
    """Move the endpoint to another config, all at once, weights and counts retained."""

    config: str


@dataclass(frozen=True)
class UpdateShares:
    """Change weights and counts; no new process is needed for a change of traffic alone."""

    variants: Mapping[str, Share]


@dataclass(frozen=True)
class Succeeded:
    """The endpoint is what it should be."""


@dataclass(frozen=True)
class Failed:
    """The endpoint is not what it should be, and asking again would not help."""

    reason: str


Step = Wait | UpdateConfig | UpdateShares | Succeeded | Failed


def decide(desired: Desired, observed: Observed, attempted: Attempted) -> Step:
    """The next step. Success means that DescribeEndpoint names the desired config and shares, and nothing less.

    SageMaker reports a rolled-back update as InService on the old config: asked once and still on another config is a
    failure, not a reason to ask again.
    """
    if observed.status in MOVING:
        return Wait()
    if observed.status != "InService":
        return Failed(f"endpoint is {observed.status}: {observed.reason or 'no reason given'}")
    if observed.config != desired.config:
        if attempted.config == desired.config:
            return Failed(f"SageMaker returned to {observed.config}: {observed.reason or 'no reason given'}")
        return UpdateConfig(desired.config)
    if dict(observed.variants) != desired.variants:
        if attempted.shares == fingerprint(desired):
            return Failed(f"weights or counts were not accepted: {observed.reason or 'no reason given'}")
        return UpdateShares(desired.variants)
    return Succeeded()


def fingerprint(desired: Desired) -> str:
    """A short text that is equal for equal shares."""
    return ",".join(f"{name}={s.traffic}%x{s.instances}" for name, s in sorted(desired.variants.items()))
