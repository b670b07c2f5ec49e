"""What Rollout reads and leaves beside a wish: verdicts, an operator's order, and its own memory of an analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

Record = Mapping[str, Any]
"""A version's record (model_code.contract.VersionRecord) as JSON: a function has no pydantic to check it with."""
Verdict = Literal["promoted", "rejected", "rolled-back"]
Phase = Literal["ended", "shadow", "canary"]
# Characters of a reason: a parameter holds 4 KB, and six of them may stand for one character in JSON.
LONGEST = 400


class _Document:
    """A parameter's JSON object. Keys that this version of the code does not know are left out."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it back. Raises ValueError for text that is no such object."""
        try:
            raw = json.loads(text or "{}")
            known = {each.name for each in fields(cls)}  # type: ignore[arg-type]
            return cls(**{key: value for key, value in raw.items() if key in known})
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"{cls.__name__}: got {text!r}; allowed: what Rollout or takeoff wrote; {error}"
            ) from error

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)  # type: ignore[call-overload]


@dataclass(frozen=True, kw_only=True)
class Decision(_Document):
    """The content of `decisions/<version>`: what became of it, against which other version `live`, and why.

    `requests` are those that each variant answered, `seconds` what the analysis waited. Until it is `settled` a
    verdict that changes what is live still has to be carried out: it is the point of no return. `shadow` is what a
    shadow comparison found.
    """

    version: str
    verdict: Verdict
    reason: str
    live: str
    at: str
    requests: Mapping[str, int] = field(default_factory=dict)
    seconds: int = 0
    settled: bool = True
    shadow: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", self.reason[:LONGEST])


@dataclass(frozen=True, kw_only=True)
class Order(_Document):
    """The content of `override`: an operator's word. `version` was live when it was said, and it is about that time."""

    action: Literal["none", "pause", "abort", "rollback"] = "none"
    version: str = ""
    who: str = "somebody"
    why: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class State(_Document):
    """The content of `analysis`: what cannot be read from the account.

    The endpoint's status, config and weights are not here: DescribeEndpoint has them. `config` is the canary's
    temporary config and tells this analysis from one of other releases, `temporary` are all that are still to delete.
    `percent` is the share that the comparison of errors counts at, `earlier` its evidence from smaller shares, and
    `base_*` are sums at the last change of shares. `waited` and `spent` are seconds that were asked for, in this step
    and in all; `looks` counts looks, so that two executions never count the same seconds twice. `silent` looks in a row
    had no data. `suspect` is `spent` at the first look that spoke against the candidate, or -1. `answered` is the time
    of the last order that was carried out.
    """

    version: str = ""
    live: str = ""
    phase: Phase = "ended"
    config: str = ""
    temporary: tuple[str, ...] = ()
    since: str = ""
    percent: int = 0
    earlier: float = 0.0
    base_candidate: int = 0
    base_live: int = 0
    base_requests: int = 0
    seen_candidate: int = 0
    seen_live: int = 0
    looks: int = 0
    waited: int = 0
    spent: int = 0
    silent: int = 0
    suspect: int = -1
    shadow: Mapping[str, Any] | None = None
    answered: str = ""
    requests: Mapping[str, int] = field(default_factory=dict)
    still_needed: int = 0
    message: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "temporary", tuple(self.temporary))
        object.__setattr__(self, "message", self.message[:LONGEST])
