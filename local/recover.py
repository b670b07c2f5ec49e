"""Making a killed `up` good: its lock, its half-made resources, its pending operations."""

from __future__ import annotations

from typing import Any

from local.leftovers import Account, Leftover
from local.stack import LocalStack

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


def recover(stack: LocalStack, account: Account) -> list[str]:
    """Bring stack and account to a state from which `up` can start; returns what was done, one line each.

    The engine records what it is about to create. Killed there, nobody knows whether the account has it, and the next
    create would find the name taken. So what the account has of it, and the state does not, is removed. An endpoint
    that never came up is removed too: SageMaker has no other way on from there.
    """
    done = []
    if stack.break_dead_lock():
        done.append("removed the lock of an `up` that was killed")
    failed = set(account.failed_endpoints())
    pending = stack.pending_creates()
    if not (pending or failed):
        return done
    known = stack.ids()
    for leftover in account.everything():
        if leftover.type == ENDPOINT and leftover.name in failed:
            leftover.remove()
            done.append(f"removed endpoint {leftover.name}, which never came up; it is made again")
        elif any(_is_half_made(resource, leftover, known) for resource in pending):
            leftover.remove()
            done.append(f"removed half-made {leftover.type.split(':')[-1]} {leftover.name}")
    if pending:
        stack.forget_pending()
        done.append(f"forgot {len(pending)} creations that were never confirmed")
    return done


def _is_half_made(pending: dict[str, Any], leftover: Leftover, known: set[str]) -> bool:
    """Whether a thing in the account is what a killed `up` was creating. A key has no name: any unknown one is."""
    if leftover.type != pending["type"]:
        return False
    inputs = pending.get("inputs", {})
    named = inputs.get("name") or inputs.get("bucket")
    return leftover.name == named if named else leftover.name not in known
