"""A candidate beside the live version: shares of traffic by the steps, everything for the bake time, the verdict."""

from __future__ import annotations

from dataclasses import replace

from model_code.rollout.decide import UpdateCount, UpdateWeights, fingerprint
from model_code.rollout.evidence import Evidence, evidence_at, lacking
from model_code.rollout.records import State
from model_code.rollout.seen import CANDIDATE, Seen
from model_code.rollout.steps import Decide, Halt, Look
from model_code.rollout.watch import Taken, against, decided, halt, held, rejected, watched


def canary(seen: Seen, state: State) -> Taken:
    """Shares of traffic by the steps, everything for the bake time, then the verdict."""
    percent = seen.share
    if state.phase != "canary":
        state = replace(state, phase="canary", seen_candidate=0, seen_live=0, waited=0)
    if percent == 0:
        return _begin_shares(seen, state)
    state = _rebased(seen, state, percent)
    state, taken = watched(seen, state, percent)
    if taken or not isinstance(seen.found, Evidence):
        return taken or (Look(), state)
    variant = seen.observed.variants[CANDIDATE]
    count = UpdateCount(CANDIDATE, seen.instances)
    if (variant.instances or 0) < seen.instances and fingerprint(count) not in seen.attempted.calls:
        return count, state
    step, after = (_bake if percent >= 100 else _advance)(seen, state, seen.found)
    return step, after if isinstance(step, Halt | Decide) else replace(after, silent=0)


def _begin_shares(seen: Seen, state: State) -> Taken:
    """The candidate is there and has no traffic yet."""
    if reason := against(seen, state):
        return rejected(seen, state, reason)
    if said := held(seen, state):
        return Halt(said), replace(state, message=said)
    return _shift(seen, state, seen.wish.analysis.steps[0].percent)


def _rebased(seen: Seen, state: State, percent: int) -> State:
    """Another execution shifted shares unknown to this memory: what came since is not counted, as nobody can tell."""
    if percent <= state.percent or not isinstance(seen.found, Evidence):
        return state
    found = seen.found
    return replace(
        state,
        percent=percent,
        base_candidate=found.candidate.bad,
        base_live=found.live.bad,
        base_requests=found.candidate.requests,
        waited=0,
    )


def _advance(seen: Seen, state: State, found: Evidence) -> Taken:
    """The next step, if this one has its requests and seconds; everything only with the sample that the tests need."""
    analysis, percent = seen.wish.analysis, seen.share
    done = [each for each in analysis.steps if each.percent <= percent]
    requests, seconds = (done[-1].requests, done[-1].seconds) if done else (0, 0)
    left = max(0, requests - (found.candidate.requests - state.base_requests))
    if left or state.waited < seconds:
        text = f"{percent} %: {left} requests and {max(0, seconds - state.waited)} seconds are left of this step"
        return Look(), replace(state, message=text)
    following = min((each.percent for each in analysis.steps if each.percent > percent), default=100)
    if following < 100:
        return _shift(seen, state, following)
    return _short(seen, state, found) or _shift(seen, state, 100)


def _short(seen: Seen, state: State, found: Evidence) -> Taken | None:
    """The look ends here while the sample that the tests need is not there: too little is no proof of anything."""
    answers, outcomes = lacking(seen.wish.analysis, found)
    if not answers and outcomes and not found.candidate.outcomes:
        return halt(seen, state, f"no outcomes of the candidate yet; {outcomes} are needed")
    if answers or outcomes:
        text = f"{answers} requests and {outcomes} outcomes are still needed before it takes the live one's place"
        return Look(), replace(state, message=text)
    return None


def _shift(seen: Seen, state: State, percent: int) -> Taken:
    """Another share of traffic. What was seen is put away first: from the call on, requests count at the new share."""
    call = UpdateWeights({seen.wish.variant: 100 - percent, CANDIDATE: percent})
    if fingerprint(call) in seen.attempted.calls:
        why = seen.observed.reason or "no reason given"
        return rejected(seen, state, f"{fingerprint(call)} was not accepted: {why}")
    found = seen.found
    if isinstance(found, Evidence):
        state = replace(
            state,
            earlier=evidence_at(seen.wish.analysis, state, found),
            base_candidate=found.candidate.bad,
            base_live=found.live.bad,
            base_requests=found.candidate.requests,
        )
    return call, replace(state, percent=percent, waited=0, message=f"to {percent} %")


def _bake(seen: Seen, state: State, found: Evidence) -> Taken:
    """Everything goes to the candidate while the live version is still there to go back to."""
    left = seen.wish.analysis.bake_seconds - state.waited
    if left > 0:
        return Look(), replace(state, message=f"100 %: bakes {left} seconds more")
    return _short(seen, state, found) or decided(seen, state, "promoted", "")
