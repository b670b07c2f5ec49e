"""Everything that a look at a model with candidates reads, and what follows from it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from catalog.candidates import Candidates, Release
from catalog.desired import Desired, Share
from catalog.naming import physical_name
from catalog.plan import Plan
from model_code.rollout.decide import RINGING, Attempted, Observed
from model_code.rollout.evidence import Evidence, Missing
from model_code.rollout.records import Decision, Order, Phase, Record, State

CANDIDATE = "candidate"
"""The name of the candidate's variant in a temporary config."""
CREATE = "create "
"""What an attempted call begins with that made a temporary config; its name follows."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look. `observed.alarms` are the states of all alarms that the wish names and that exist.

    `versions` are the kept records and `decisions` the verdicts of the wish's releases. `frozen` says by whom and why,
    empty when nobody did. `found` is None where no analysis had begun. `attempted` and `looks` are this execution's:
    what it asked for, and how often it looked. `at` is the time now (ISO 8601), for records alone.
    """

    wish: Candidates
    observed: Observed
    approved: Record | None
    candidate: Record | None
    versions: Mapping[str, Record] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    order: Order = field(default_factory=Order)
    frozen: str = ""
    found: Evidence | Missing | None = None
    attempted: Attempted = field(default_factory=Attempted)
    looks: int = 0
    at: str = ""

    @property
    def live(self) -> str:
        """The version that `approved` names, or empty."""
        return str(self.approved["version"]) if self.approved else ""

    @property
    def tried(self) -> str:
        """The version to try: the candidate that has a release, is not live and of which nothing is decided; or empty.

        The version that the live one took the place of has been live itself: it is no candidate for a decision.
        """
        version = str(self.candidate["version"]) if self.candidate else ""
        before = self.decisions.get(self.live)
        replaced = before is not None and before.verdict == "promoted" and before.live == version
        if self.wish.pinned or version in ("", self.live) or version not in self.wish.releases or replaced:
            return ""
        return "" if version in self.decisions else version

    @property
    def share(self) -> int:
        """The candidate's present share of traffic in percent; 0 where it has no variant."""
        variant = self.observed.variants.get(CANDIDATE)
        return variant.traffic if variant else 0

    @property
    def instances(self) -> int:
        """How many instances the live version's variant has."""
        variant = self.observed.variants.get(self.wish.variant)
        return (variant.instances if variant else None) or 1

    def record(self, version: str) -> Record | None:
        """What is known of a version, from wherever it is kept."""
        for each in (self.candidate, self.approved, self.versions.get(version)):
            if each and each["version"] == version:
                return each
        return None

    def ordered(self, action: str, state: State) -> bool:
        """Whether an operator's order stands: said of the version that is live, and not carried out yet."""
        order = self.order
        return order.action == action and order.version in ("", self.live) and order.at != state.answered

    def on_temporary(self, state: State) -> bool:
        """Whether the endpoint is on a config of an analysis, remembered or not."""
        config, endpoint = self.observed.config, self.wish.endpoint
        named = any(config.startswith(f"{_head(endpoint)}-{phase}-") for phase in ("shadow", "canary"))
        return named or config in state.temporary

    def alarms(self, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Which of these alarms ring, and which do not exist."""
        states = self.observed.alarms
        return [n for n in names if states.get(n) == RINGING], [n for n in names if n not in states]

    def desired(self, release: Release, plan: Plan) -> Desired:
        """The wish for one release alone, as decide.py takes it."""
        share = Share(traffic=100, instances=self.wish.instances)
        variants = {self.wish.variant: share}
        return Desired(
            endpoint=self.wish.endpoint,
            config=release.config,
            content=release.content,
            generation=release.generation,
            variants=variants,
            plan=plan,
        )

    def watched(self, plan: Plan) -> Observed:
        """The endpoint with the states of a plan's own alarms."""
        states = self.observed.alarms
        return replace(self.observed, alarms={name: states[name] for name in plan.alarms if name in states})


def temporary(endpoint: str, phase: Phase, live: str, candidate: str) -> str:
    """The name of the config in which two configs' versions meet: the same for the same two, at most 63 characters."""
    digest = hashlib.sha256(f"{phase} {live} {candidate}".encode()).hexdigest()[:8]
    return f"{_head(endpoint)}-{phase}-{digest}"


def _head(endpoint: str) -> str:
    """What the names of an endpoint's temporary configs begin with: room for the phase, by which IAM knows them."""
    return physical_name(endpoint, limit=47)


def trials(wish: Candidates, live: str, candidate: str) -> dict[Phase, str]:
    """The temporary configs of an analysis, by phase, in their order."""
    phases: tuple[Phase, ...] = ("shadow", "canary") if wish.analysis.shadow else ("canary",)
    one, other = wish.releases[live].config, wish.releases[candidate].config
    return {phase: temporary(wish.endpoint, phase, one, other) for phase in phases}
