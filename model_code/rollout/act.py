"""Carrying a step out: what was decided is remembered first, then at most one change is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from catalog.candidates import Candidates
from model_code.rollout import account, candidates_account, shadow
from model_code.rollout.candidates_account import Parameters
from model_code.rollout.decide import (
    Attempted,
    Failed,
    Hold,
    UpdateConfig,
    UpdateCount,
    UpdateWeights,
    Wait,
    fingerprint,
)
from model_code.rollout.records import State
from model_code.rollout.seen import CREATE, Seen
from model_code.rollout.steps import (
    Begin,
    Clean,
    CompareShadow,
    CreateCanary,
    Decide,
    KeepVersion,
    MoveToCanary,
    RecordApproved,
    RecordCandidate,
    Step,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the function: the model's folder of parameters, the wish and its version, the clients, the time."""

    folder: str
    wish: Candidates
    version: int
    clients: Any
    now: datetime

    @property
    def at(self) -> str:
        return self.now.isoformat(timespec="seconds")


def remember_and_act(call: Call, kept: Parameters, seen: Seen, taken: Step, after: State) -> tuple[Step, State]:
    """Remember, then act. What AWS refuses for now is waited for, what it refuses for good ends the execution."""
    try:
        if isinstance(taken, CompareShadow):
            clients = call.clients
            told = shadow.answers(clients.sagemaker, clients.s3, call.wish.endpoint, call.wish.variant, call.now)
            after = replace(after, shadow={**(after.shadow or {}), "answers": told})
        # What was decided is remembered first, and a config is forgotten only when it is gone.
        if isinstance(taken, Clean):
            candidates_account.delete_config(call.clients.sagemaker, taken.config)
        if after != kept.state:
            candidates_account.write(call.clients.ssm, f"{call.folder}/analysis", after.to_json())
        _act(call, seen, taken)
    except ClientError as error:
        taken = refused(error)
    return taken, after


def _act(call: Call, seen: Seen, taken: Step) -> None:
    sagemaker, ssm, wish = call.clients.sagemaker, call.clients.ssm, call.wish
    if isinstance(taken, CreateCanary):
        percent = wish.analysis.shadow.percent if wish.analysis.shadow else 0
        candidates_account.create_canary(sagemaker, taken, wish.variant, percent)
    if isinstance(taken, UpdateConfig | MoveToCanary):
        suspend(call, suspended=True)
    if isinstance(taken, MoveToCanary):
        candidates_account.move_to_canary(sagemaker, wish.endpoint, taken.config)
    if isinstance(taken, UpdateConfig):
        release = next(each for each in wish.releases.values() if each.config == taken.config)
        account.update_config(sagemaker, seen.desired(release, wish.plan), guarded=taken.guarded)
    if isinstance(taken, UpdateWeights):
        account.update_weights(sagemaker, wish.endpoint, taken.weights)
    if isinstance(taken, UpdateCount):
        account.update_count(sagemaker, wish.endpoint, taken.variant, taken.instances)
    if isinstance(taken, Decide):
        name = f"{call.folder}/decisions/{taken.decision.version}"
        candidates_account.write(ssm, name, taken.decision.to_json(), new=taken.new)
    for kind, leaf in ((RecordApproved, "approved"), (RecordCandidate, "candidate")):
        if isinstance(taken, kind):
            candidates_account.write(ssm, f"{call.folder}/{leaf}", json.dumps(taken.record, sort_keys=True))
    if isinstance(taken, KeepVersion):
        name = f"{call.folder}/versions/{taken.record['version']}"
        candidates_account.write(ssm, name, json.dumps(taken.record, sort_keys=True))


def suspend(call: Call, *, suspended: bool) -> None:
    """Scaling stands still while a candidate is tried: a variant without traffic must not lose its instances."""
    account.suspend_scaling(call.clients.autoscaling, call.wish.endpoint, {call.wish.variant}, suspended=suspended)


def refused(error: ClientError) -> Wait | Failed:
    """Another update or verdict got in between (wait for it), or AWS will not have this one (say so)."""
    message = str(error.response.get("Error", {}).get("Message", error))
    code = error.response.get("Error", {}).get("Code", "")
    busy = {"ThrottlingException", "ResourceInUse", "ConcurrentUpdateException", "TooManyUpdates"}
    if code in busy | {"ParameterAlreadyExists"} or "in-progress" in message or "Updating" in message:
        return Wait()
    return Failed(f"{error.operation_name} was refused: {message}")


def remembered(raw: Mapping[str, Any], version: int) -> Attempted:
    """What was attempted for this version of the wish; for another one nothing was."""
    known = Attempted(**{**raw, "calls": tuple(raw.get("calls", ()))})
    return known if known.version == version else Attempted(version=version)


def remember(attempted: Attempted, taken: Step, at: str) -> Attempted:
    """What this execution asked for; an analysis that begins has asked for nothing yet."""
    if isinstance(taken, Begin):
        return Attempted(version=attempted.version)
    if isinstance(taken, UpdateConfig | MoveToCanary):
        return replace(attempted, config=taken.config, since=at, rung={})
    if isinstance(taken, CreateCanary):
        return replace(attempted, calls=(*attempted.calls, CREATE + taken.config))
    if isinstance(taken, Clean):
        return replace(attempted, calls=tuple(call for call in attempted.calls if call != CREATE + taken.config))
    if isinstance(taken, UpdateWeights | UpdateCount):
        return replace(attempted, calls=(*attempted.calls, fingerprint(taken)))
    return replace(attempted, held=attempted.held + 1) if isinstance(taken, Hold) else attempted
