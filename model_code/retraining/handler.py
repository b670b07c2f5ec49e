"""The Lambda function behind the retraining state machine: begin a run, follow it, wait its cooldown out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.loop import TrainingSettings
from model_code.retraining import account
from model_code.retraining.begin import Beginning
from model_code.retraining.clients import Clients, clients_of
from model_code.retraining.decide import MOVING, Refuse
from model_code.retraining.ending import Ending, ending
from model_code.retraining.folder import Folder
from model_code.retraining.record import Request

# Seconds between looks: one at first, doubled each time, since a run takes minutes to hours.
LONGEST_WAIT = 60
# Seconds that an alarm's request waits for the look that made it ring, and between two glances at that.
LONGEST_LOOK, GLANCE = 300, 30
# Characters of a reason in the parameter, which holds 4,096 in all.
_SHOWN = 300


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Entry point for Lambda."""
    return step(event, clients_of(context.invoked_function_arn.split(":")[4]))


def step(event: dict[str, Any], clients: Clients) -> dict[str, Any]:
    """Take one step: for a request the decision and the start, for a run a look at it, for a cooldown the wait.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and, at the end, `reason`.
    A run that a gate rejects is failed here, and so is a request that somebody has to do something about.
    """
    if "cool" in event:
        return _cool(event, clients)
    try:
        request = None if "run" in event else Request.read(event)
        values = account.parameters(clients.ssm, clients.stack, event["model"])
        if "training" not in values:
            raise ValueError(f"model: got {event['model']!r}; allowed: one of {clients.stack}'s with `training`")
        settings = TrainingSettings.from_json(values["training"])
    except ValueError as error:
        print(json.dumps({"event": event, "refused": str(error)[:1500]}))
        return {"status": "failed", "outcome": "refused", "reason": str(error)[:1500], "seconds": 0}
    waited = int(event.get("waited", 0))
    if request and request.cause == "alarm" and waited < LONGEST_LOOK and _unsaid(values.get("drift", "")):
        return {**event, "status": "waiting", "seconds": GLANCE, "waited": waited + GLANCE}
    me = event["runner"]["id"]
    if request is None:
        return Following(event=event, me=me, settings=settings, values=values, clients=clients).take()
    taken = Beginning(request=request, me=me, settings=settings, values=values, clients=clients).take()
    if isinstance(taken, Refuse):
        said = {"outcome": "refused", "why": taken.why, "reason": taken.reason, "seconds": 0}
        return {**_event(request.model, me), **said, "status": "succeeded" if taken.harmless else "failed"}
    found = {"run": taken.record.run, "execution": taken.execution}
    return {**_event(request.model, me), **found, "status": "waiting", "seconds": 1}


def _unsaid(drift: str) -> bool:
    """Whether a look is under way whose metrics may have rung the alarm, and whose verdict the data gate needs.

    Metrics arrive with the job's log, the verdict once the job has ended.
    """
    seen = json.loads(drift or "{}")
    return bool(seen.get("looking")) and not seen.get("alarmed")


@dataclass(frozen=True, kw_only=True)
class Following:
    """One look at the run that `event` names, by the execution `me` that leads it."""

    event: Mapping[str, Any]
    me: str
    settings: TrainingSettings
    values: Mapping[str, str]
    clients: Clients

    def take(self) -> dict[str, Any]:
        """Wait longer, or close the record once the pipeline has ended."""
        status, reason = account.status(self.clients.sagemaker, self._names["execution"])
        if status in MOVING:
            self._tell({"state": "running"})
            seconds = min(2 * int(self.event["seconds"]), LONGEST_WAIT)
            return {**_event(self.settings.model, self.me), **self._names, "status": "waiting", "seconds": seconds}
        folder = Folder(s3=self.clients.s3, settings=self.settings, run=self._names["run"])
        steps = account.steps(self.clients.sagemaker, self._names["execution"])
        return self._end(folder, ending(status, reason, steps, folder.refused()))

    def _end(self, folder: Folder, found: Ending) -> dict[str, Any]:
        """Let the cooldown begin, say so, and close the record last: whoever finds it open does all of it again."""
        record, seconds, at = folder.record(), self.settings.cooldown_seconds, self.clients.time
        if record is None:
            raise RuntimeError(f"{folder.url}/record.json is gone; the run was followed, and nobody but people deletes")
        if seconds:
            account.cool(self.clients.states, self.me, self.settings.model, record.run, seconds)
        said = {"status": found.status, "step": found.step, "why": found.why, "package": found.package}
        last = {"run": record.run, **said, "why": found.why[:_SHOWN], "at": at}
        self._tell({"state": "cooling" if seconds else "idle", "last": last})
        folder.write(replace(record, **said, runner=self.me, ended=at))
        print(json.dumps({"model": self.settings.model, "run": record.run, **said}))
        reason = f"{found.step}: {found.why}" if found.step else found.why
        ended = "succeeded" if found.status == "succeeded" else "failed"
        verdict = {"status": ended, "outcome": found.status, "reason": reason, "seconds": 0}
        return {**_event(self.settings.model, self.me), **self._names, **verdict}

    def _tell(self, state: Mapping[str, Any]) -> None:
        """Say where the run stands; again at each look, in case a refusal at the same moment said something older."""
        shown = {"runner": self.me, **self._names, **state}
        was = self.values.get("retraining", "")
        account.tell(self.clients.ssm, self.clients.stack, self.settings.model, shown, was)

    @property
    def _names(self) -> dict[str, str]:
        return {"run": self.event["run"], "execution": self.event["execution"]}


def _cool(event: Mapping[str, Any], clients: Clients) -> dict[str, Any]:
    """Wait once, for the whole cooldown; while this execution runs, no alarm starts another run."""
    model = str(event["model"])
    if "waited" not in event:
        return {**event, "waited": True, "status": "waiting", "seconds": event["wait"]}
    was = account.parameters(clients.ssm, clients.stack, model).get("retraining", "")
    if json.loads(was or "{}").get("run") == event["cool"]:
        account.tell(clients.ssm, clients.stack, model, {"state": "idle"}, was)
    return {**event, "status": "succeeded", "reason": "", "seconds": 0}


def _event(model: str, me: str) -> dict[str, Any]:
    return {"model": model, "runner": {"id": me}}
