"""`takeoff destroy`: refuse, drain, destroy, clean up, report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

from takeoff.destroy.account import Account
from takeoff.destroy.drain import drain
from takeoff.destroy.plan import holds_data, kept, protected, steps
from takeoff.destroy.remains import Remain, remains
from takeoff.destroy.resources import Resource, parse
from takeoff.stack import APPS, CommandError, own_file

# How the engine says that a backend does not know a stack.
_NO_STACK = "no stack named"


class ProtectedError(CommandError):
    """The stack has protected resources and nobody confirmed that they may go."""

    def __init__(self, stack: str, resources: list[Resource]) -> None:
        names = "\n".join(f"  {resource.title}" for resource in resources)
        super().__init__(
            f"stack {stack} holds protected resources ({len(resources)}); got no confirmation, allowed: "
            f"`takeoff destroy {stack} --unprotect {stack}`:\n{names}"
        )
        self.resources = resources


@dataclass(frozen=True)
class Engine:
    """The Pulumi engine on one stack; its display goes to stderr."""

    stack: str

    def inside(self) -> Engine | None:
        """The sibling that declares what runs in the stack's cluster; None where there is none. Raises CommandError."""
        sibling = Engine(f"{self.stack}{APPS}")
        try:
            return sibling if any(resource.id for resource in sibling.resources()) else None
        except CommandError as error:
            if _NO_STACK in str(error):
                return None
            raise

    def resources(self) -> list[Resource]:
        """What the state holds. Raises CommandError."""
        return parse(json.loads(self._run(["stack", "export"], show=False)))

    def unprotect(self, resources: Collection[Resource]) -> None:
        """Let resources go, in one write: each `pulumi state unprotect` is a write of its own. Raises CommandError."""
        if not resources:
            return
        urns = {resource.urn for resource in resources}
        exported = json.loads(self._run(["stack", "export"], show=False))
        for entry in exported["deployment"]["resources"]:
            if entry["urn"] in urns:
                entry.pop("protect", None)
        self._run(["stack", "import"], show=False, given=json.dumps(exported))

    def destroy(self, exclude: Collection[str]) -> None:
        """Delete everything in the state but some URNs. Raises CommandError."""
        excluded = [f"--exclude={urn}" for urn in sorted(exclude)]
        options = ["--yes", "--skip-preview", "--suppress-outputs", *own_file(self.stack)]
        self._run(["destroy", *options, *excluded], show=True)

    def _run(self, arguments: list[str], *, show: bool, given: str | None = None) -> str:
        command = ["pulumi", *arguments, "--stack", self.stack, "--non-interactive"]
        out, error = (sys.stderr, None) if show else (subprocess.PIPE, subprocess.PIPE)
        try:
            done = subprocess.run(command, stdout=out, stderr=error, text=True, check=False, input=given)
        except FileNotFoundError:
            raise CommandError("pulumi: not on PATH; for an emulated account use `make down`") from None
        if done.returncode:
            said = "it said why above" if show else (done.stderr or "").strip()
            raise CommandError(f"`{' '.join(command[:3])}` on stack {self.stack} failed: {said}; run it again to go on")
        return done.stdout or ""


def destroy(
    engine: Engine, account: Account, *, unprotect: bool, delete_data: bool, say: Callable[[str], None]
) -> list[Remain]:
    """Take the stack down and return what stays. Every step is safe to repeat: killed anywhere, it is run again.

    What runs in its cluster goes first: without the cluster nobody could end it, and its nodes would hold the network.
    Raises ProtectedError before anything is touched, StuckError and CommandError with the account partly drained.
    """
    stack, before = engine.stack, engine.resources()
    guarded = protected(before)
    if guarded and not unprotect:
        raise ProtectedError(stack, guarded)
    if inside := engine.inside():
        say(f"{inside.stack}, what runs in its cluster, goes first")
        inside.destroy(())
    todo = steps(before, stack, delete_data)
    for number, step in enumerate(todo, 1):
        if done := drain(account, step):
            say(f"{number}/{len(todo)} {step.kind} {step.target}: {done}")
    full = [r.urn for r in before if holds_data(r) and not account.is_empty(r)]
    stay = kept(before, full)
    engine.unprotect([resource for resource in guarded if resource.urn not in stay])
    if any(resource.urn not in stay for resource in before if resource.id):
        engine.destroy(stay)
    for what in account.forget(stack, facts=not full):
        say(f"deleted {what}, which the stack had kept")
    return remains(account, stack, before, stay)
