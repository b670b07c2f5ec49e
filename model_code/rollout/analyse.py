"""One step of a model with candidates as a pure function: serve what is approved, or try what might take its place.

The order of writes, so that a kill between any two of them ends at 0 or 100 % with consistent records:

back      decision (created: whoever is first wins) → weights 100/0 → config of the approved version
promoted  decision, not settled (created) → config of the candidate → versions/<old> → approved → candidate → settled
rollback  decision, not settled → config of the other version → versions/<old> → approved → candidate → settled

The verdict comes first because nothing else can be read back from the endpoint: a candidate with a verdict is never
tried again, so whatever is found half done is finished in its direction. `approved` follows the endpoint, so that it
never names a version that has not come up; the old record is kept before `approved` is overwritten, or nobody could
fill `candidate`. At last the temporary configs go, then the memory of the analysis is closed, then the outcome is
written.
"""

from __future__ import annotations

from dataclasses import replace

from catalog.candidates import Release
from catalog.plan import Plan
from model_code.rollout import decide
from model_code.rollout.decide import MOVING, Failed, Succeeded, UpdateConfig, UpdateWeights, Wait, fingerprint
from model_code.rollout.records import Decision, State
from model_code.rollout.seen import CANDIDATE, CREATE, Seen
from model_code.rollout.steps import Clean, Close, Decide, KeepVersion, RecordApproved, RecordCandidate, Step
from model_code.rollout.trial import step_of_trial

Taken = tuple[Step, State]


def analyse(seen: Seen, state: State) -> Taken:
    """The next step, and what to remember before it is taken."""
    observed, wish = seen.observed, seen.wish
    if observed.status in MOVING:
        return Wait(), state
    if observed.status != "InService":
        return Failed(f"endpoint is {observed.status}: {observed.reason or 'no reason given'}"), state
    if wish.pinned:
        return _serve(seen, state, wish.pinned)
    if not seen.live:
        return Failed("no version is approved; register one"), state
    if (decision := _unsettled(seen)) is not None:
        return _swap(seen, state, decision)
    if tried := seen.tried:
        if taken := step_of_trial(seen, state, tried):
            return taken
        return _serve(seen, state, seen.live)
    if seen.ordered("rollback", state):
        return _roll_back(seen, state)
    return _serve(seen, state, seen.live)


def _unsettled(seen: Seen) -> Decision | None:
    """A verdict that changes what is live and has not been carried out to the end."""
    open_ones = [each for each in seen.decisions.values() if not each.settled]
    return next((each for each in open_ones if winner(each) in seen.wish.releases), None)


def winner(decision: Decision) -> str:
    """The version that is live once a decision has been carried out."""
    return decision.version if decision.verdict == "promoted" else decision.live


def _swap(seen: Seen, state: State, decision: Decision) -> Taken:
    """Carry a verdict out: the endpoint first, then the records."""
    wins = winner(decision)
    loses = decision.live if decision.verdict == "promoted" else decision.version
    release = seen.wish.releases[wins]
    if seen.observed.config != release.config:
        step = _towards(seen, release, Plan())
        if not isinstance(step, Failed) or decision.verdict != "promoted":
            return step, state
        reason = f"it did not come up alone: {step.reason}"
        return Decide(replace(decision, verdict="rejected", reason=reason, settled=True), new=False), state
    record, old = seen.record(wins), seen.record(loses)
    if record is None:
        return Failed(f"no record of {wins} in candidate or versions/{wins}; register it again"), state
    if seen.live != wins:
        if old is not None and loses not in seen.versions:
            return KeepVersion(old), state
        return RecordApproved(record), state
    if old is not None and seen.candidate is not None and seen.candidate["version"] == wins:
        return RecordCandidate(old), state
    return Decide(replace(decision, settled=True), new=False), state


def _roll_back(seen: Seen, state: State) -> Taken:
    """The version before becomes live again at once. Refused where the other one was taken back itself."""
    others = [version for version in seen.wish.releases if version != seen.live]
    before = seen.decisions.get(others[0]) if others else None
    if not others or (before is not None and before.verdict != "promoted"):
        what = f"{others[0]} was {before.verdict}" if others and before else "there is no other version"
        return Failed(f"nothing to roll back to: {what}"), replace(state, answered=seen.order.at)
    reason = f"rolled back by {seen.order.who}: {seen.order.why}"
    decision = Decision(
        version=seen.live, verdict="rolled-back", reason=reason, live=others[0], at=seen.at, settled=False
    )
    return Decide(decision, new=False), state


def _serve(seen: Seen, state: State, version: str) -> Taken:
    """Converge to one version alone, and leave nothing of an analysis behind."""
    release = seen.wish.releases.get(version)
    if release is None:
        known = ", ".join(sorted(seen.wish.releases)) or "none"
        return Failed(f"version {version} has no endpoint config; releases: {known}; run `pulumi up`"), state
    alone = set(seen.observed.variants) == {seen.wish.variant} and not seen.on_temporary(state)
    if alone and seen.frozen and seen.observed.config != release.config:
        return Failed(f"frozen by {seen.frozen}"), state
    if seen.share and fingerprint(drained := _drained(seen)) not in seen.attempted.calls:
        return drained, state
    step = _towards(seen, release, seen.wish.plan if alone else Plan())
    return _tidied(seen, state) if isinstance(step, Succeeded) else (step, state)


def _drained(seen: Seen) -> UpdateWeights:
    """All traffic to the live version: no new process is needed for that, so it comes before the change of config."""
    return UpdateWeights({seen.wish.variant: 100, CANDIDATE: 0})


def _towards(seen: Seen, release: Release, plan: Plan) -> Step:
    """The existing convergence, for one release alone; without a plan there is nothing for SageMaker to guard."""
    step: Step = decide.decide(seen.desired(release, plan), seen.watched(plan), seen.attempted)
    return replace(step, guarded=step.guarded and plan != Plan()) if isinstance(step, UpdateConfig) else step


def _tidied(seen: Seen, state: State) -> Taken:
    """What is left to do once the endpoint is right."""
    created = [call.removeprefix(CREATE) for call in seen.attempted.calls if call.startswith(CREATE)]
    if unused := [config for config in [*state.temporary, *created] if config != seen.observed.config]:
        return Clean(unused[0]), replace(state, temporary=tuple(each for each in state.temporary if each != unused[0]))
    open_order = seen.order.action in ("abort", "rollback") and seen.order.at != state.answered
    if state.phase != "ended" or open_order:
        return Close(), replace(state, phase="ended", answered=seen.order.at if open_order else state.answered)
    return Succeeded(), state
