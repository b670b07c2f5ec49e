"""A rule: one control, one validator, one message with the fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from policies.declared import Declared, Graph

Severity = Literal["critical", "high", "medium", "low"]
Framework = Literal[
    "AI Security Best Practices v1.0.0",
    "Foundational Security Best Practices v1.0.0",
    "AWS Resource Tagging Standard v1.0.0",
    "Takeoff",
]
AI: Framework = "AI Security Best Practices v1.0.0"
FSBP: Framework = "Foundational Security Best Practices v1.0.0"
TAGGING: Framework = "AWS Resource Tagging Standard v1.0.0"
OWN: Framework = "Takeoff"
# A rule's own settings: its defaults, overlaid by the policy configuration of the environment.
Settings = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold, why, and how to mend it.

    `control` is the standard's id (`SageMaker.4`) or ours (`Takeoff.9`); `name` the policy's name for the engine, in
    kebab case. `title` says what must be so, `allowed` what a property may be, `fix` the line to write. `source` is
    the address of the control's page or of the AWS rule behind it. `settings` are names and defaults of what an
    environment may set.
    """

    control: str
    name: str
    severity: Severity
    frameworks: tuple[Framework, ...]
    title: str
    allowed: str
    fix: str
    source: str
    settings: Settings = field(default_factory=dict)

    def message(self, name: str, got: str) -> str:
        """What, got, allowed, where to fix; in one line."""
        return f"{self.control} {self.title}: {name}: got {got}; allowed: {self.allowed}; fix: {self.fix}"


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule over one resource. `check` says what it got where that breaks the rule, and None where all is well.

    It raises UnknownError for a decisive value that only the deployment will know.
    """

    types: tuple[str, ...]
    check: Callable[[Declared, Settings], str | None]


@dataclass(frozen=True)
class Broken:
    """One resource that breaks a rule over the stack, and what was got."""

    resource: Declared
    got: str


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule over all resources at once. `check` yields what breaks it; it raises UnknownError as above.

    `types` are those of which it judges instances: a stack without any is not judged (empty: every stack is).
    """

    types: tuple[str, ...] = ()
    check: Callable[[Graph, Settings], Iterable[Broken]]
