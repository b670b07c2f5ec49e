"""What an endpoint should look like: written by Pulumi, read and converged to by Rollout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Share:
    """One production variant's part of an endpoint: traffic in percent, instances as a count."""

    traffic: int
    instances: int


@dataclass(frozen=True, kw_only=True)
class Desired:
    """The content of the `desired` parameter.

    `config` names an immutable endpoint config; `content` and `generation` are what that name was made from, so that
    the next deployment can tell a new release from the same one. `plan` says how a change of config is carried out.
    """

    endpoint: str
    config: str
    content: str
    generation: int
    variants: dict[str, Share]
    plan: str = "all-at-once"

    def to_json(self) -> str:
        """Canonical JSON, so that equal wishes are equal strings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Desired:
        """Read back what `to_json` wrote. Raises ValueError naming what is wrong."""
        try:
            raw = json.loads(text)
            variants = {name: Share(**share) for name, share in raw.pop("variants").items()}
            return cls(variants=variants, **raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"desired state: got {text!r}; allowed: what Pulumi writes to `desired`; {error}"
            ) from error
