"""What is known of a stack's cluster: who runs it, how far its start is, what it runs on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field, replace

from local.cloud.processes import birth
from local.cluster.layout import Layout


@dataclass(frozen=True, kw_only=True)
class Record:
    """The state file: `wanted` names programs, instance types and code, `took` has the seconds to each step."""

    pid: int
    birth: str
    wanted: str
    took: dict[str, float] = field(default_factory=dict)
    ready: bool = False
    processes: dict[str, int] = field(default_factory=dict)
    failed: str = ""

    def write(self, layout: Layout) -> Record:
        """Put the record in its file, at once or not at all; the record itself."""
        partial = layout.record.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=1))
        partial.rename(layout.record)
        return self

    def step(self, name: str, seconds: float) -> Record:
        """The record one step of the start later."""
        return replace(self, took=self.took | {name: round(seconds, 2)})

    @property
    def lives(self) -> bool:
        """Whether its supervisor is at work: the very process, not another that got its pid."""
        return birth(self.pid) == self.birth

    @property
    def seconds(self) -> float:
        """How long the start took, or has taken so far."""
        return max(self.took.values(), default=0.0)


def read(layout: Layout) -> Record | None:
    """The last record of a cluster; None where there is none, or none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Record(**json.loads(layout.record.read_text()))
    return None
