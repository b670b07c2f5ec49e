"""A previewed deployment as one value: its steps, what policies and the engine said, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STACK = "pulumi:pulumi:Stack"
# https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/ and the engine's deploy.StepOp
_CREATES = {"create", "import"}
_DELETES = {"delete"}
_REPLACES = {"replace", "create-replacement", "delete-replaced", "import-replacement", "discard-replaced"}
_CHANGES = {"update", "refresh"}
# Resources that somebody else owns: the program only reads them.
_FOREIGN = {"read", "read-replacement", "discard", "read-discard"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one resource. `old` and `new` are its inputs; a value unknown yet is the string COMPUTED.

    `diffs` names the properties that change, `replaces` those of them that make it a replacement. A resource that is
    `retained` leaves the state when it is deleted, and stays in the account. A provider serves what is `custom`;
    components and the stack itself are only groups.
    """

    op: str
    urn: str
    type: str
    name: str
    parent: str = ""
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None
    diffs: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    protect: bool = False
    was_protected: bool = False
    retained: bool = False
    custom: bool = True

    @property
    def creates(self) -> bool:
        return self.op in _CREATES

    @property
    def deletes(self) -> bool:
        return self.op in _DELETES

    @property
    def replaces_(self) -> bool:
        return self.op in _REPLACES

    @property
    def updates(self) -> bool:
        return self.op in _CHANGES


@dataclass(frozen=True, kw_only=True)
class PolicyFinding:
    """What one policy says of one resource, or of the stack where `urn` is the stack's. `level` as the engine has it:
    advisory, mandatory or remediate."""

    policy: str
    level: str
    urn: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """A warning or an error of the program, a provider or the engine."""

    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A previewed deployment. `config` holds the stack file's keys (`takeoff:models`), with objects where it has them.

    `packs` are the policy packs that judged it. `complete` is false for a stream that was cut: what it does not say may
    be anything.
    """

    stack: str
    project: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    policies: tuple[PolicyFinding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    outputs_before: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    packs: tuple[str, ...] = ()
    complete: bool = True

    def before(self) -> list[Step]:
        """The stack's resources as they are now, each once; what it only reads is not among them."""
        return _once(step for step in self.steps if step.old is not None and step.op not in _FOREIGN)

    def after(self) -> list[Step]:
        """The stack's resources as the deployment leaves them, each once."""
        gone = {"delete", "delete-replaced", "discard-replaced", *_FOREIGN}
        return _once(step for step in self.steps if step.new is not None and step.op not in gone)

    @property
    def models(self) -> Mapping[str, Any]:
        """The stack file's models by name."""
        found = self.config.get("takeoff:models")
        return found if isinstance(found, Mapping) else {}

    @property
    def errors(self) -> list[Diagnostic]:
        return [each for each in self.diagnostics if each.severity == "error"]


def _once(steps: Iterable[Step]) -> list[Step]:
    """One step a resource: a replacement has up to three."""
    return list({step.urn: step for step in steps}.values())
