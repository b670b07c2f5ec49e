"""What a training run is remembered by: record.json in its folder, from the moment somebody claims it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

Cause = Literal["alarm", "schedule", "manual", "first"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
PREPARING, RUNNING = "preparing", "running"
_MODEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Characters of a caller's own words that are kept: an alarm's reason can be a kilobyte.
_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who wants which model retrained, and why."""

    model: str
    cause: Cause
    by: str
    reason: str

    @classmethod
    def read(cls, event: dict[str, Any]) -> Request:
        """The request that an execution was started with. Raises ValueError naming what is wrong."""
        model, cause = event.get("model"), event.get("cause")
        if not isinstance(model, str) or not _MODEL.fullmatch(model):
            raise ValueError(f"model: got {model!r}; allowed: the name of a model of the stack")
        if cause not in CAUSES:
            raise ValueError(f"cause: got {cause!r}; allowed: {', '.join(CAUSES)}")
        words = {key: str(event.get(key) or "not said")[:_WORDS] for key in ("by", "reason")}
        return cls(model=model, cause=cause, **words)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run. `runner` is the state machine's execution that leads it, `execution` the pipeline's, once there is one.

    `data` is the S3 version of the data set, `commit` what the stack was deployed from. `status` is preparing, running,
    succeeded, rejected (by a gate) or failed; `step` and `why` say where and why it ended so, `package` what it
    registered. `started` and `ended` are ISO 8601.
    """

    run: str
    model: str
    cause: str
    by: str
    reason: str
    data: str
    runner: str
    started: str
    commit: str = ""
    execution: str = ""
    status: str = PREPARING
    step: str = ""
    why: str = ""
    package: str = ""
    ended: str = ""

    @property
    def open(self) -> bool:
        """Whether nobody has written yet how it ended."""
        return self.status in (PREPARING, RUNNING)

    def led_by(self, runner: str) -> Record:
        """The same run, led by another execution."""
        return replace(self, runner=runner)

    def to_json(self) -> str:
        """The record's content."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, text: str | bytes) -> Record:
        """Back from its content; keys that a later version may add are left out."""
        raw = json.loads(text)
        return cls(**{each.name: raw[each.name] for each in fields(cls) if each.name in raw})
