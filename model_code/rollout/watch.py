"""What every look at a candidate begins with: harm, then what is missing, then who said wait."""

from __future__ import annotations

from dataclasses import replace

from model_code.rollout.evidence import Evidence, harm, lacking, missing, suspicious
from model_code.rollout.records import Decision, State, Verdict
from model_code.rollout.seen import Seen
from model_code.rollout.steps import Decide, Halt, Step

Taken = tuple[Step, State]


def rejected(seen: Seen, state: State, reason: str) -> Taken:
    """The verdict that a candidate goes back for good."""
    return decided(seen, state, "rejected", reason)


def decided(seen: Seen, state: State, verdict: Verdict, reason: str) -> Taken:
    decision = Decision(
        version=state.version,
        verdict=verdict,
        reason=reason,
        live=state.live,
        at=seen.at,
        requests=state.requests,
        seconds=state.spent,
        settled=verdict == "rejected",
        shadow=state.shadow,
    )
    return Decide(decision, new=True), replace(state, message=f"{verdict}: {reason}" if reason else verdict)


def halt(seen: Seen, state: State, reason: str) -> Taken:
    """Data is missing: wait, and after `patience` looks in a row go back."""
    state = replace(state, silent=state.silent + 1, message=f"halted: {reason}")
    if state.silent >= seen.wish.analysis.patience:
        return rejected(seen, state, f"{reason}; {state.silent} looks in a row")
    return Halt(reason), state


def held(seen: Seen, state: State) -> str:
    """Who said that nothing may advance; empty when nobody did."""
    if seen.frozen:
        return f"frozen by {seen.frozen}"
    return _said(seen, "paused") if seen.ordered("pause", state) else ""


def taken_back(seen: Seen, state: State) -> str:
    """Who said that the candidate goes back; empty when nobody did. There is no other version to roll back to now."""
    for action, word in (("abort", "aborted"), ("rollback", "rolled back")):
        if seen.ordered(action, state):
            return _said(seen, word)
    return ""


def _said(seen: Seen, what: str) -> str:
    return f"{what} by {seen.order.who}: {seen.order.why or 'no reason given'}"


def against(seen: Seen, state: State) -> str:
    """Whatever sends a candidate back at once."""
    analysis, found = seen.wish.analysis, seen.found
    if order := taken_back(seen, state):
        return order
    if ringing := seen.alarms(analysis.alarms)[0]:
        return f"alarms ring: {', '.join(ringing)}"
    return harm(analysis, state, found) if isinstance(found, Evidence) else ""


def watched(seen: Seen, state: State, percent: int) -> tuple[State, Taken | None]:
    """Harm first, then what is missing; the state with what this look saw, and the step if the look ends here."""
    analysis, found = seen.wish.analysis, seen.found
    if isinstance(found, Evidence):
        requests = {"live": found.live.requests, "candidate": found.candidate.requests}
        since = state.suspect if state.suspect >= 0 else state.spent
        suspect = since if suspicious(analysis, state, found) else -1
        state = replace(state, requests=requests, suspect=suspect, still_needed=lacking(analysis, found)[0])
    if reason := against(seen, state):
        return state, rejected(seen, state, reason)
    unknown = seen.alarms(analysis.alarms)[1]
    absent = "no sums yet" if found is None else missing(analysis, state, found, percent)
    if unknown:
        absent = f"alarms do not exist: {', '.join(unknown)}"
    if isinstance(found, Evidence):
        state = replace(state, seen_candidate=found.candidate.requests, seen_live=found.live.requests)
    if absent:
        return state, halt(seen, state, absent)
    if said := held(seen, state):
        return state, (Halt(said), replace(state, silent=0, message=said))
    return state, None
