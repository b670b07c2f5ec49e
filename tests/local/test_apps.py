"""When `make up` starts a cluster and applies what is in it, and what it says where it cannot."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local import apps
from local.cluster import build, control, namespace, stack_file
from local.stack import APPS, LocalStack
from local.state import State
from local.toolchain.progress import Progress

FILE = 'config: {"takeoff:cluster": {version: "1.35"}, "takeoff:nodePools": {gpu: {types: [g6.xlarge]}}}'


@dataclass
class Machine:
    """What was asked of the cluster and of the engine, in order; nothing of either runs."""

    state: State
    screen: io.StringIO = field(default_factory=io.StringIO)
    did: list[tuple[str, Any]] = field(default_factory=list)
    built: bool = True
    refusal: str | None = None
    exists: bool = False
    locked: bool = False
    ran: bool = True

    @property
    def stack(self) -> LocalStack:
        return LocalStack(self.state, {"TAKEOFF_STATE": str(self.state.root)})

    @property
    def progress(self) -> Progress:
        return Progress(self.screen, plain_period=0)

    def file(self, text: str) -> None:
        """What the stack file says."""
        (self.state.root.parent / "stacks" / "Pulumi.local.yaml").write_text(text)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(State(tmp_path / "state"))
    (tmp_path / "stacks").mkdir()
    made.file(FILE)
    monkeypatch.setattr(stack_file, "REPOSITORY", tmp_path)
    monkeypatch.delenv("TAKEOFF_STACK_FILE", raising=False)
    monkeypatch.setattr(namespace, "refusal", lambda: made.refusal)
    monkeypatch.setattr(build, "present", lambda: object() if made.built else None)
    monkeypatch.setattr(control, "start", lambda _, types, __: made.did.append(("start", tuple(types))))
    monkeypatch.setattr(apps, "ensure_stack", lambda name, _: made.did.append(("ensure", name)))

    def stop(_: State, *, forget: bool) -> bool:
        made.did.append(("stop", forget))
        return made.ran

    monkeypatch.setattr(control, "stop", stop)
    monkeypatch.setattr(LocalStack, "exists", property(lambda _: made.exists))
    monkeypatch.setattr(LocalStack, "break_dead_lock", lambda _: made.locked)
    monkeypatch.setattr(LocalStack, "up", lambda self, *, refresh: made.did.append((f"up {self.name}", refresh)))
    monkeypatch.setattr(LocalStack, "destroy", lambda self: made.did.append(("destroy", self.name)))
    return made


def test_up_starts_the_cluster_with_the_types_of_its_pools_and_then_applies_the_sibling(machine: Machine) -> None:
    assert apps.up(machine.stack, machine.progress)
    assert machine.did == [("start", ("g6.xlarge",)), ("ensure", "local-apps"), ("up local-apps", False)]
    assert machine.screen.getvalue() == ""


def test_what_is_there_is_asked_for_before_it_is_changed(machine: Machine) -> None:
    machine.exists = True
    assert apps.up(machine.stack, machine.progress)
    assert machine.did[-1] == ("up local-apps", True)


def test_the_lock_of_a_killed_up_goes_and_it_says_so(machine: Machine) -> None:
    machine.locked = True
    machine.state.root.mkdir()
    apps.up(machine.stack, machine.progress)
    assert "removed the lock of an `up` of the cluster's half that was killed" in machine.screen.getvalue()


def test_a_stack_file_without_a_cluster_starts_none(machine: Machine) -> None:
    machine.file("config: {}")
    assert not apps.up(machine.stack, machine.progress)
    assert (machine.did, machine.screen.getvalue()) == ([], "")


def test_an_environment_in_an_emulated_account_starts_no_cluster(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text(FILE)
    prod = LocalStack(State(tmp_path / "state", "prod"), {})
    assert not apps.up(prod, machine.progress)
    assert machine.did == []


def test_without_its_programs_up_says_how_to_build_them_and_goes_on(machine: Machine) -> None:
    machine.built = False
    assert not apps.up(machine.stack, machine.progress)
    said = machine.screen.getvalue()
    assert "pods are not deployed: `make cluster` builds the cluster's programs" in said
    assert machine.did == []


def test_a_machine_without_namespaces_is_told_what_is_missing_and_goes_on(machine: Machine) -> None:
    machine.refusal = "network namespaces are Linux's; got darwin"
    assert not apps.up(machine.stack, machine.progress)
    said = machine.screen.getvalue()
    assert "no cluster on this machine: network namespaces are Linux's; got darwin. The AWS half works" in said
    assert "make cluster" not in said, "what could not run is not to be built"
    assert machine.did == []


def test_down_deletes_what_is_inside_through_a_cluster_that_runs_and_forgets_it(machine: Machine) -> None:
    machine.exists = True
    apps.down(machine.stack, machine.progress)
    assert [what for what, _ in machine.did] == ["ensure", "start", "destroy", "stop"]
    assert machine.did[-2:] == [("destroy", "local-apps"), ("stop", True)]
    assert "the cluster is stopped" in machine.screen.getvalue()


@pytest.mark.parametrize(("exists", "built"), [(False, True), (True, False)])
def test_down_starts_no_cluster_for_nothing_and_none_that_it_would_have_to_build(
    machine: Machine, exists: bool, built: bool
) -> None:
    machine.exists, machine.built, machine.ran = exists, built, False
    apps.down(machine.stack, machine.progress)
    assert [what for what, _ in machine.did] == ["ensure", "stop"]
    assert machine.screen.getvalue() == ""


def test_the_sibling_is_called_as_the_program_expects(machine: Machine) -> None:
    from infra.apps import SUFFIX

    assert apps.of(machine.stack).name == f"local{SUFFIX}"
    assert APPS == SUFFIX
