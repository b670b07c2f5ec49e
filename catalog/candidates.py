"""What Rollout may serve for a model whose versions take each other's place: written by Pulumi as `desired`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from catalog.analysis import Analysis
from catalog.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version's immutable endpoint config, which serves it alone, and what the config's name was made from."""

    config: str
    content: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The content of `desired` for a model with `analysis`: which versions there are, not which of them is live.

    That is `approved`'s to say, which Rollout writes; so nothing here changes when a version is promoted or taken
    back, and a preview after either is empty. `releases` are by version, one or two; `variant` is the name of the only
    production variant; `instances` is None where autoscaling owns the count. `pinned` is the version that the stack
    file names, or empty: a pin is served and nothing is tried beside it. `plan` is for a new config of the same
    version.
    """

    endpoint: str
    variant: str
    instances: int | None
    releases: dict[str, Release]
    pinned: str
    plan: Plan
    analysis: Analysis

    def to_json(self) -> str:
        """Canonical JSON, so that equal wishes are equal strings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Candidates:
        """Read back what `to_json` wrote. Raises ValueError naming what is wrong."""
        try:
            raw = json.loads(text)
            releases = {version: Release(**release) for version, release in raw.pop("releases").items()}
            plan, analysis = raw.pop("plan"), Analysis.read(raw.pop("analysis"))
            plan = Plan(**{**plan, "alarms": tuple(plan["alarms"])})
            return cls(releases=releases, plan=plan, analysis=analysis, **raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"candidates: got {text!r}; allowed: what Pulumi writes to `desired`; {error}") from error


def holds(text: str) -> bool:
    """Whether the content of a `desired` parameter is of this kind; else it is a `catalog.desired.Desired`."""
    return '"releases"' in text
