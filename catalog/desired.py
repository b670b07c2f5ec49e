"""What an endpoint should look like: written by Pulumi, read and converged to by Rollout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from catalog.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Share:
    """One production variant's part of an endpoint: traffic in percent, instances as a count.

    `instances` is None where autoscaling owns the count; nobody else sets it then.
    """

    traffic: int
    instances: int | None


@dataclass(frozen=True, kw_only=True)
class Desired:
    """The content of the `desired` parameter.

    `config` names an immutable endpoint config; `content` and `generation` are what that name was made from, so that
    the next deployment can tell a new release from the same one. `plan` says how a change of config is carried out.
    `experiment` names the one whose verdict decides the traffic (catalog/trial.py), empty for none.
    """

    endpoint: str
    config: str
    content: str
    generation: int
    variants: dict[str, Share]
    plan: Plan = field(default_factory=Plan)
    experiment: str = ""

    def to_json(self) -> str:
        """Canonical JSON, so that equal wishes are equal strings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Desired:
        """Read back what `to_json` wrote. Raises ValueError naming what is wrong."""
        try:
            raw = json.loads(text)
            variants = {name: Share(**share) for name, share in raw.pop("variants").items()}
            plan = raw.pop("plan")
            return cls(variants=variants, plan=Plan(**{**plan, "alarms": tuple(plan["alarms"])}), **raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"desired state: got {text!r}; allowed: what Pulumi writes to `desired`; {error}"
            ) from error
