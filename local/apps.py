"""The local stack's sibling: the cluster it asks for, and what the program declares inside."""

from __future__ import annotations

from local.cluster import build, control, instance_types, namespace
from local.cluster.stack_file import config, pools
from local.recover import recover_objects
from local.stack import APPS, LocalStack
from local.state import LOCAL, State
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress


def up(stack: LocalStack, progress: Progress) -> bool:
    """Start the stack's cluster and apply what runs in it; whether there is one.

    Does nothing for a stack file without a cluster. Without its programs, or where this machine has no namespaces for
    it, it says so: the AWS half is whole without. Raises ClusterError and EngineError.
    """
    if not (wanted(stack.state) and available(progress)):
        return False
    start(stack.state, progress)
    sibling = of(stack)
    _recover(sibling, progress)
    sibling.up(refresh=sibling.exists)
    return True


def down(stack: LocalStack, progress: Progress) -> None:
    """Delete what runs in the cluster and stop it; what its API server knew goes as well. Raises EngineError."""
    sibling = of(stack)
    if sibling.exists and build.present():
        start(stack.state, progress)
        _recover(sibling, progress)
        sibling.destroy()
    if control.stop(stack.state, forget=True):
        progress.say("takeoff: the cluster is stopped")


def _recover(sibling: LocalStack, progress: Progress) -> None:
    for line in recover_objects(sibling):
        progress.say(f"takeoff: {line}")


def of(stack: LocalStack) -> LocalStack:
    """The sibling of a stack; made in the backend where it is not there."""
    ensure_stack(f"{stack.name}{APPS}", stack.env)
    return LocalStack(stack.state, stack.env, APPS)


def start(state: State, progress: Progress) -> None:
    """Start the stack's cluster, with the instance types that its pools name, unless it runs. Raises ClusterError."""
    control.start(state, instance_types.named(pools(state.stack)), progress)


def available(progress: Progress) -> bool:
    """Whether this machine can run the cluster; says what is missing."""
    if refusal := namespace.refusal():
        progress.say(f"takeoff: no cluster on this machine: {refusal}. The AWS half works without it")
        return False
    if build.present() is None:
        progress.say(
            f"takeoff: pods are not deployed: `make cluster` builds the cluster's programs (about {build.MINUTES} "
            "minutes, once); `make up` then deploys them"
        )
        return False
    return True


def wanted(state: State) -> bool:
    """Whether a cluster starts with this stack: the local one's, where its file has one."""
    return state.stack == LOCAL and "takeoff:cluster" in config(state.stack)
