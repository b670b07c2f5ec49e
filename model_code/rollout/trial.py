"""Trying a candidate: from the approved version alone, by a shadow where one is asked for, to shares of traffic."""

from __future__ import annotations

from dataclasses import replace

from model_code.rollout.decide import Failed
from model_code.rollout.evidence import Evidence, latency
from model_code.rollout.records import State
from model_code.rollout.seen import CREATE, Seen, trials
from model_code.rollout.shares import canary
from model_code.rollout.steps import Begin, CompareShadow, CreateCanary, Halt, Look, MoveToCanary
from model_code.rollout.watch import Taken, held, rejected, taken_back, watched

# Looks of one execution: the history of a state machine ends at 25,000 events, a look makes nine of them.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_LOOKS = 2_500


def step_of_trial(seen: Seen, state: State, tried: str) -> Taken | None:
    """The next step of trying a version; None where the endpoint has to serve the approved version alone first.

    That is so for a temporary config of other releases, or one that nobody remembers the beginning of: a new candidate
    begins where every one begins, and its requests are never mixed with those of another.
    """
    configs = trials(seen.wish, seen.live, tried)
    known = state.version == tried and state.live == seen.live and state.config == configs["canary"]
    known = known and state.phase != "ended"
    if seen.observed.config == seen.wish.releases[seen.live].config:
        return _at_rest(seen, state, tried, known)
    if not known or seen.observed.config not in configs.values():
        return None
    if seen.looks >= MOST_LOOKS:
        return None
    return _shadow(seen, state) if seen.observed.config == configs.get("shadow") else canary(seen, state)


def _at_rest(seen: Seen, state: State, tried: str, known: bool) -> Taken | None:
    """The approved version serves alone: begin, or go on to the next temporary config."""
    if order := taken_back(seen, state):
        return rejected(seen, state if known else _fresh(seen, state, tried), order)
    if seen.frozen or seen.looks >= MOST_LOOKS:
        return None
    if not known:
        return Begin(), _fresh(seen, state, tried)
    if said := held(seen, state):
        return Halt(said), replace(state, message=said)
    ringing, unknown = seen.alarms(seen.wish.analysis.alarms)
    if ringing or unknown:
        reason = f"before any change alarms ring or do not exist: {', '.join([*ringing, *unknown])}"
        state = replace(state, silent=state.silent + 1, message=f"halted: {reason}")
        return (Failed(reason) if state.silent > seen.wish.analysis.patience else Halt(reason)), state
    configs = trials(seen.wish, seen.live, tried)
    return _enter(seen, state, configs.get(state.phase, state.config))


def _fresh(seen: Seen, state: State, tried: str) -> State:
    """The memory of an analysis that begins now; what an older one has left to delete is not forgotten."""
    configs = trials(seen.wish, seen.live, tried)
    return State(
        version=tried,
        live=seen.live,
        phase=next(iter(configs)),
        config=configs["canary"],
        temporary=tuple(dict.fromkeys([*state.temporary, *configs.values()])),
        since=seen.at,
        silent=0,
        answered=state.answered,
        message="begins",
    )


def _enter(seen: Seen, state: State, config: str) -> Taken:
    """Make a temporary config, then move to it. Made again after a kill: the same name has the same content."""
    if seen.attempted.config == config:
        return rejected(seen, state, f"it did not come up: {seen.observed.reason or 'no reason given'}")
    if CREATE + config in seen.attempted.calls:
        return MoveToCanary(config), replace(state, silent=0)
    one, other = (seen.wish.releases[version].config for version in (state.live, state.version))
    return CreateCanary(config, state.phase, one, other, seen.instances), state


def _shadow(seen: Seen, state: State) -> Taken:
    """Copies of requests until there are enough, then the comparison, then on to real requests."""
    wanted = seen.wish.analysis.shadow
    if state.phase != "shadow" or wanted is None:
        return _enter(seen, state, state.config)
    state, taken = watched(seen, state, 0)
    if taken or not isinstance(seen.found, Evidence):
        return taken or (Look(), state)
    if seen.found.candidate.requests < wanted.requests:
        left = wanted.requests - seen.found.candidate.requests
        return Look(), replace(state, silent=0, message=f"shadow: {left} requests are still needed")
    if state.shadow is None or "answers" not in state.shadow:
        compared = {"latency": latency(seen.found.live, seen.found.candidate)}
        return CompareShadow(), replace(state, shadow=compared)
    fresh = replace(state, phase="canary", seen_candidate=0, seen_live=0, requests={}, waited=0, suspect=-1)
    return _enter(seen, fresh, fresh.config)
