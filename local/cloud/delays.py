"""How long the emulated account takes over what AWS takes minutes over: one table, two modes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Seconds added to each transition of an endpoint, and how long a container may take to answer /ping."""

    creating: float = 0.0
    updating: float = 0.0
    rolling_back: float = 0.0
    reweighing: float = 0.0
    deleting: float = 0.0
    ping: float = 60.0

    @classmethod
    def current(cls) -> Delays:
        """The table of TAKEOFF_CLOUD_MODE, local or realistic, changed by the JSON of TAKEOFF_CLOUD_DELAYS."""
        mode = os.environ.get("TAKEOFF_CLOUD_MODE") or "local"
        if mode not in MODES:
            raise ValueError(f"TAKEOFF_CLOUD_MODE: got {mode!r}, allowed {' | '.join(MODES)}")
        overrides = json.loads(os.environ.get("TAKEOFF_CLOUD_DELAYS") or "{}")
        allowed = {field.name for field in fields(cls)}
        if unknown := set(overrides) - allowed:
            raise ValueError(f"TAKEOFF_CLOUD_DELAYS: got {sorted(unknown)}, allowed {sorted(allowed)}")
        return cls(**{**MODES[mode], **{name: float(seconds) for name, seconds in overrides.items()}})


# AWS: an endpoint takes minutes to create or update, a change of weights one minute or more, and a container has eight
# minutes to answer its first /ping.
MODES: dict[str, dict[str, float]] = {
    "local": {},
    "realistic": {
        "creating": 180.0,
        "updating": 240.0,
        "rolling_back": 60.0,
        "reweighing": 60.0,
        "deleting": 10.0,
        "ping": 480.0,
    },
}
