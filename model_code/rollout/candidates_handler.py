"""One step for a model with candidates: read everything, decide, remember, then make at most one change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.analysis import refusals
from catalog.candidates import Candidates
from model_code.rollout import account, candidates_account
from model_code.rollout.act import Call, remember, remember_and_act, remembered, suspend
from model_code.rollout.analyse import analyse, winner
from model_code.rollout.candidates_account import Parameters
from model_code.rollout.decide import (
    Failed,
    Hold,
    Observed,
    Succeeded,
    UpdateWeights,
    Wait,
)
from model_code.rollout.evidence import Evidence, Missing
from model_code.rollout.records import State
from model_code.rollout.seen import CANDIDATE, Seen, trials
from model_code.rollout.steps import (
    Decide,
    Halt,
    Look,
    Step,
)
from model_code.rollout.sums import sums

LONGEST_WAIT = 30


def step_of_candidates(
    event: Mapping[str, Any], folder: str, wish: Candidates, version: int, clients: Any, now: Callable[[], datetime]
) -> dict[str, Any]:
    """Take one step; returns the next step's event as handler.step does.

    Seconds count only once they have been asked for and only if no other execution counted meanwhile, so their sum is
    a lower bound of what passed. What was decided is remembered before it is done. Raises ValueError for a parameter
    that holds something else than it should, and for an analysis that makes no sense.
    """
    if nonsense := refusals(wish.analysis):
        raise ValueError("; ".join(f"analysis.{n.field}: got {n.got}; allowed: {n.allowed}" for n in nonsense))
    call = Call(folder=folder, wish=wish, version=version, clients=clients, now=now())
    kept = candidates_account.read(clients.ssm, folder, wish)
    state = _waited(kept.state, event)
    seen = _look(call, kept, state, event)
    taken, after = analyse(seen, state)
    wanted = taken
    taken, after = remember_and_act(call, kept, seen, taken, after)
    if isinstance(taken, Failed) and not isinstance(wanted, Failed) and event.get("refused") != type(wanted).__name__:
        # Another execution may have moved the endpoint since it was looked at: look again before giving up.
        taken = Wait()
    again = isinstance(taken, Failed) and isinstance(wanted, UpdateWeights)
    taken = Wait() if again else taken  # there is another way: back by config, which drops the candidate, too
    print(json.dumps({"endpoint": wish.endpoint, "status": seen.observed.status, "step": repr(taken)}))
    returning = _returning(seen, taken, after, event)
    if isinstance(taken, Succeeded | Failed):
        return _end(call, kept, seen, taken, returning)
    moving = isinstance(taken, Wait | Hold)
    watching = isinstance(taken, Look | Halt)
    seconds = min(event.get("seconds", 0) + 1, LONGEST_WAIT) if moving else 1
    return {
        "parameter": f"{folder}/desired",
        "status": "waiting",
        "reason": after.message,
        "seconds": wish.analysis.look_seconds if watching else seconds,
        "asked": wish.analysis.look_seconds if watching else 0,
        "look": after.looks,
        "looks": seen.looks,
        "attempted": asdict(remember(seen.attempted, wanted if again else taken, call.at)),
        **({"refused": type(wanted).__name__} if taken is not wanted else {}),
        **({"returning": returning} if returning else {}),
    }


def _waited(state: State, event: Mapping[str, Any]) -> State:
    """The memory with the seconds that were asked for last time, unless somebody else has looked since."""
    asked = int(event.get("asked", 0))
    if not asked or event.get("look") != state.looks or state.phase == "ended":
        return state
    return replace(state, looks=state.looks + 1, waited=state.waited + asked, spent=state.spent + asked)


def _look(call: Call, kept: Parameters, state: State, event: Mapping[str, Any]) -> Seen:
    """Everything there is to see. Sums come before the endpoint: they are never of a share that is not seen yet."""
    clients, wish = call.clients, call.wish
    seen = Seen(
        wish=wish,
        observed=Observed(status="", config="", variants={}),
        approved=kept.approved,
        candidate=kept.candidate,
        versions=kept.versions,
        decisions=kept.decisions,
        order=kept.order,
        frozen=kept.frozen,
        attempted=remembered(event.get("attempted", {}), call.version),
        looks=int(event.get("looks", 0)) + 1,
        at=call.at,
    )
    found = _sums(call, seen, state)
    states: dict[str, str] = {}
    try:
        states = candidates_account.alarm_states(clients.cloudwatch, {*wish.plan.alarms, *wish.analysis.alarms})
    except (BotoCoreError, ClientError) as error:
        found = found and Missing(f"CloudWatch gave no alarms: {error}")  # an outage must not end who watches
    observed = replace(account.observe(clients.sagemaker, wish.endpoint), alarms=states)
    return replace(seen, found=found, observed=observed)


def _sums(call: Call, seen: Seen, state: State) -> Evidence | Missing | None:
    """The sums of the analysis that goes on; None where none does."""
    wish = call.wish
    if not seen.tried or state.version != seen.tried or state.phase == "ended" or seen.live not in wish.releases:
        return None
    config = trials(wish, seen.live, seen.tried).get(state.phase)
    if not config:
        return None
    variants = (wish.variant, CANDIDATE)
    return sums(call.clients.cloudwatch, wish.analysis, wish.endpoint, config, variants, state.since, call.now)


def _returning(seen: Seen, taken: Step, after: State, event: Mapping[str, Any]) -> dict[str, Any]:
    """Seconds asked for from the first look that spoke against a candidate until it has no traffic any more."""
    if isinstance(taken, Decide) and taken.decision.verdict == "rejected":
        since = after.suspect if after.suspect >= 0 else after.spent
        return {"seconds": after.spent - since, "over": False}
    known = dict(event.get("returning", {}))
    if known and not known["over"]:
        known["seconds"] += event.get("seconds", 0)
        known["over"] = seen.observed.status == "InService" and seen.share == 0
    return known


def _end(
    call: Call, kept: Parameters, seen: Seen, taken: Succeeded | Failed, returning: Mapping[str, Any]
) -> dict[str, Any]:
    """Resume scaling and write the outcome: the endpoint serves what it should and nothing is under way, or why not."""
    suspend(call, suspended=False)
    wish, failed = call.wish, isinstance(taken, Failed)
    goal = wish.pinned or seen.live
    other = next((decision for version, decision in kept.decisions.items() if version != seen.live), None)
    waits = f"{seen.tried} waits: frozen by {seen.frozen}" if seen.tried and seen.frozen else ""
    told = f"{other.version} was {other.verdict}: {other.reason}" if other and winner(other) != other.version else waits
    reason = taken.reason if isinstance(taken, Failed) else told
    outcome = {
        "desired_version": call.version,
        "status": "failed" if failed else "succeeded",
        "reason": reason,
        "config": seen.observed.config,
        "desired_config": wish.releases[goal].config if goal in wish.releases else "",
        "at": call.at,
        "live": seen.live,
        "verdicts": {version: decision.verdict for version, decision in kept.decisions.items()},
    }
    if returning:
        outcome["seconds_to_return"] = returning["seconds"]
    account.write_outcome(call.clients.ssm, f"{call.folder}/desired", outcome)
    return {
        "parameter": f"{call.folder}/desired",
        "status": outcome["status"],
        "reason": reason if failed else "",
        "seconds": 0,
    }
