"""Making good what an `up` left that did not finish: its lock, and what it made and nobody wrote down."""

from __future__ import annotations

import fcntl

from local.cluster.api import Api
from local.cluster.layout import Layout
from local.leftovers import ENDPOINT, Account, Leftover, objects
from local.stack import LocalStack
from local.state import State

# The parameters that the program writes; any other is a fact.
_WISHES = ("/desired", "/experiment", "/monitor", "/platform/cluster", "/training")


def recover(stack: LocalStack, account: Account) -> list[str]:
    """Bring stack and account to a state from which `up` can start; returns what was done, one line each.

    An `up` that was killed, or whose account was, may have made things of which the state does not know; the next
    create would find their names taken. So after an `up` that did not finish they are removed. An endpoint that never
    came up is removed, too: SageMaker has no other way on from there.
    """
    done = _unlock(stack, "an `up`")
    failed, since = account.failed_endpoints(), stack.unfinished_since()
    if not failed and since is None:
        return done
    known = stack.known()
    for leftover in account.everything():
        if leftover.type == ENDPOINT and leftover.id in failed:
            leftover.remove()
            done.append(f"removed endpoint {leftover.id}, which never came up; it is made again")
        elif since is not None and _is_programs(leftover, since):
            done += _remove_unknown(leftover, known)
    stack.forget_pending()
    return done


def recover_objects(sibling: LocalStack) -> list[str]:
    """The same for what the stack's sibling runs in its cluster, which must run. Raises ApiError."""
    done = _unlock(sibling, "an `up` of the cluster's half")
    if sibling.unfinished_since() is None:
        return done
    api, known = Api(Layout.of(sibling.state).kubeconfig), sibling.known()
    for leftover in objects(api, sibling.state.stack):
        done += _remove_unknown(leftover, known)
    sibling.forget_pending()
    return done


def _unlock(stack: LocalStack, whose: str) -> list[str]:
    if not stack.break_dead_lock():
        return []
    _await_providers(stack.state)
    return [f"removed the lock of {whose} that was killed"]


def _remove_unknown(leftover: Leftover, known: set[tuple[str, str]]) -> list[str]:
    if (leftover.type, leftover.id) in known:
        return []
    leftover.remove()
    return [f"removed {leftover.type.rpartition(':')[2]} {leftover.id}, which an unfinished `up` had made"]


def _await_providers(state: State) -> None:
    """Wait until no provider works on this account: a killed engine's goes on making things until it notices."""
    with state.providers.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def _is_programs(leftover: Leftover, since: float) -> bool:
    """Whether the program makes such a thing and would have to make it again.

    Facts are known to no state, and neither are the logs that SageMaker begins by itself.
    Configs and models that are older than the unfinished `up` are retained on purpose.
    """
    if leftover.type == "aws:ssm/parameter:Parameter":
        return leftover.id.endswith(_WISHES)
    if leftover.type == "aws:cloudwatch/logGroup:LogGroup":
        return not leftover.id.startswith("/aws/sagemaker/")
    return leftover.created >= int(since)  # AWS tells whole seconds
