"""What is asked of a model before it is called ready, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from takeoff.readiness.view import View

Group = Literal["Data", "Release", "Observability", "Security", "Cost", "Governance"]
GROUPS: tuple[Group, ...] = ("Data", "Release", "Observability", "Security", "Cost", "Governance")


@dataclass(frozen=True)
class Found:
    """One answer and what it rests on. `done` is None where only a deployment will tell."""

    done: bool | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question: `look` answers it, or says None where it does not arise (a batch alarm without a batch).

    `lines` is the part of the stack file that would make the answer good, as keys under `config:`. A list in it takes
    the place of the one that is there, a mapping is merged. None where no key of the stack file decides it. `pods` says
    that it is asked of a model in pods, too: the others are about an endpoint, or about what only that feeds.
    """

    name: str
    group: Group
    look: Callable[[View], Found | None]
    lines: Callable[[View], Mapping[str, Any]] | None = None
    pods: bool = False


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the checklist. `lines` is YAML for the stack file, and empty unless the answer is no."""

    name: str
    group: Group
    done: bool | None
    detail: str
    lines: str = ""


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """A model's checklist."""

    model: str
    checks: tuple[Check, ...]

    @property
    def score(self) -> int:
        """Whole percent of the checks that are done, rounded down; what is unknown is not done."""
        return 100 * sum(check.done is True for check in self.checks) // len(self.checks)
