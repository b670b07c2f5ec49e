"""One step of a rollout as a pure function: what is, what should be, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.desired import Desired, Share

# SageMaker moves an endpoint through these by itself; every other call is refused meanwhile.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)
MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
RINGING = "ALARM"
# Looks at rollback alarms that ring before a change: about eight minutes, longer than an alarm takes to fall silent.
PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class Observed:
    """An endpoint as DescribeEndpoint tells it; `reason` is its FailureReason, `alarms` the states of the plan's."""

    status: str
    config: str
    variants: Mapping[str, Share]
    reason: str = ""
    alarms: Mapping[str, str] = field(default_factory=dict)

    @property
    def ringing(self) -> list[str]:
        """The names of the alarms that are in ALARM."""
        return sorted(name for name, state in self.alarms.items() if state == RINGING)


@dataclass(frozen=True, kw_only=True)
class Attempted:
    """What this execution has already asked for one version of the wish, and how often alarms held it back.

    `since` is when it asked for `config`; `rung` says when it first saw which alarm ring after that (both ISO 8601).
    """

    version: int = 0
    config: str = ""
    calls: tuple[str, ...] = ()
    held: int = 0
    since: str = ""
    rung: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """The endpoint is moving: look again later."""


@dataclass(frozen=True)
class Hold:
    """Rollback alarms ring before anything has changed: they would undo the change at once. Look again later."""

    alarms: tuple[str, ...]


@dataclass(frozen=True)
class UpdateConfig:
    """Move the endpoint to another config by the plan, weights and counts retained.

    Not `guarded` where the variants' names change: SageMaker has no plan and no automatic return for that.
    """

    config: str
    guarded: bool


@dataclass(frozen=True)
class UpdateWeights:
    """Change the shares of traffic; no new process is needed for that."""

    weights: Mapping[str, int]


@dataclass(frozen=True)
class UpdateCount:
    """Change the count of one variant: SageMaker takes the capacity of one variant a call."""

    variant: str
    instances: int


@dataclass(frozen=True)
class Succeeded:
    """The endpoint is what it should be."""


@dataclass(frozen=True)
class Failed:
    """The endpoint is not what it should be, and asking again would not help."""

    reason: str


Step = Wait | Hold | UpdateConfig | UpdateWeights | UpdateCount | Succeeded | Failed


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
            return Failed(_returned(observed, attempted))
        return _change(desired, observed, attempted)
    step = _shares(desired, observed)
    if step is None:
        return Succeeded()
    if fingerprint(step) in attempted.calls:
        return Failed(f"{fingerprint(step)} was not accepted: {observed.reason or 'no reason given'}")
    return step


def _change(desired: Desired, observed: Observed, attempted: Attempted) -> Step:
    """Ask for another config, unless the plan could not be kept."""
    plan, same = desired.plan, set(observed.variants) == set(desired.variants)
    if plan.kind != "all-at-once" and not same:
        return Failed(
            f"plan.kind: got {plan.kind} from variants {sorted(observed.variants)} to {sorted(desired.variants)}; "
            "allowed: all-at-once where names change (SageMaker's guardrails need the same names)"
        )
    if missing := sorted(set(plan.alarms) - set(observed.alarms)):
        return Failed(f"rollback alarms do not exist: {', '.join(missing)}; run `pulumi up` to declare them again")
    if observed.ringing:
        if attempted.held >= PATIENCE:
            return Failed(f"rollback alarms ring before any change: {', '.join(observed.ringing)}")
        return Hold(tuple(observed.ringing))
    return UpdateConfig(desired.config, guarded=same)


def _shares(desired: Desired, observed: Observed) -> UpdateWeights | UpdateCount | None:
    """What is still to change: counts that grow, then traffic, then counts that shrink. Scaled counts are nobody's."""
    counts = {name: share.instances for name, share in desired.variants.items() if share.instances is not None}
    now = {name: share.instances or 0 for name, share in observed.variants.items()}
    wrong = {name: count for name, count in counts.items() if now.get(name) != count}
    for name, count in sorted(wrong.items()):
        if count > now.get(name, 0):
            return UpdateCount(name, count)
    weights = {name: share.traffic for name, share in desired.variants.items()}
    if weights != {name: share.traffic for name, share in observed.variants.items()}:
        return UpdateWeights(weights)
    return next((UpdateCount(name, count) for name, count in sorted(wrong.items())), None)


def _returned(observed: Observed, attempted: Attempted) -> str:
    """Why SageMaker went back, as far as anybody can tell."""
    rung = sorted({*attempted.rung, *observed.ringing})
    alarms = f" (alarms: {', '.join(rung)})" if rung else ""
    return f"SageMaker returned to {observed.config}: {observed.reason or 'no reason given'}{alarms}"


def fingerprint(step: UpdateWeights | UpdateCount) -> str:
    """A short text that is equal for equal calls."""
    if isinstance(step, UpdateCount):
        return f"{step.variant} x{step.instances}"
    return ",".join(f"{name}={weight}%" for name, weight in sorted(step.weights.items()))
