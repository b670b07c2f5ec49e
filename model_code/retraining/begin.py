"""The first step of a request: look, decide, and start what was decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.loop import TrainingSettings
from model_code.retraining import account
from model_code.retraining.clients import Clients
from model_code.retraining.decide import Follow, Observed, Refuse, Start, Step, contested, decide
from model_code.retraining.folder import Folder, data_version
from model_code.retraining.record import RUNNING, Record, Request

# Characters of a reason in the parameter, which holds 4,096 in all.
_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A request, the execution `me` that brings it, and the model's parameters by leaf."""

    request: Request
    me: str
    settings: TrainingSettings
    values: Mapping[str, str]
    clients: Clients

    def take(self) -> Follow | Refuse:
        """Decide, and do it: start a run or lead one that is under way, and say so where people look."""
        now = self.clients.now()
        taken: Step = decide(self.request, self.me, self._observe(), self.settings.most, now)
        if isinstance(taken, Start):
            taken = self._start(taken)
        asked = {"model": self.request.model, "cause": self.request.cause, "by": self.request.by}
        print(json.dumps({**asked, "step": repr(taken)[:1500]}))
        if isinstance(taken, Refuse):
            self._tell({"last_refusal": self._told(taken)})
            return taken
        record = replace(taken.record.led_by(self.me), execution=taken.execution, status=RUNNING)
        self._folder(record.run).write(record)
        self._tell({"state": "running", "run": record.run, "runner": self.me, "execution": taken.execution})
        return taken

    def _observe(self) -> Observed:
        clients, settings = self.clients, self.settings
        runs = account.runs(clients.sagemaker, settings.pipeline)
        newest = self._folder(runs[0].name).record() if runs else None
        version, missing = data_version(clients.s3, settings)
        waits = account.cooldown(newest.runner, settings.model, newest.run) if newest else ""
        return Observed(
            frozen=_frozen(self.values),
            runs=runs,
            origin="" if runs else account.origin(clients.sagemaker, settings.pipeline),
            newest=newest,
            led=bool(newest and newest.open and account.alive(clients.states, newest.runner)),
            cooling=bool(newest and not newest.open and account.alive(clients.states, waits)),
            spent=account.spent(clients.budgets, clients.account, settings.budget),
            data=version,
            missing=missing,
        )

    def _start(self, wanted: Start) -> Follow | Refuse:
        """Claim the run, prepare its folder, start the pipeline. A claim of one that died is gone on with as it is."""
        request, folder, clients = self.request, self._folder(wanted.run), self.clients
        record = Record(
            run=wanted.run,
            model=request.model,
            cause=request.cause,
            by=request.by,
            reason=request.reason,
            data=wanted.data,
            commit=self.values.get(account.STACK_COMMIT, ""),
            runner=self.me,
            started=clients.time,
        )
        if claimed := folder.claim(record):
            led = claimed.open and claimed.runner != self.me and account.alive(clients.states, claimed.runner)
            if refusal := contested(claimed, self.me, led):
                return refusal
            record = claimed.led_by(self.me)
            folder.write(record)
        folder.prepare(record, self.values.get("approved", ""), self.values.get("drift", ""))
        return Follow(record, account.start(clients.sagemaker, self.settings, folder, record))

    def _folder(self, run: str) -> Folder:
        return Folder(s3=self.clients.s3, settings=self.settings, run=run)

    def _tell(self, state: Mapping[str, Any]) -> None:
        was = self.values.get("retraining", "")
        account.tell(self.clients.ssm, self.clients.stack, self.request.model, state, was)

    def _told(self, taken: Refuse) -> dict[str, str]:
        """The refusal, as `takeoff models` shows the newest one."""
        asked = {"cause": self.request.cause, "by": self.request.by, "at": self.clients.time}
        return {"why": taken.why, "reason": taken.reason[:_SHOWN], **asked}


def _frozen(values: Mapping[str, str]) -> str:
    """Who froze the model or its stack, and why; empty when nobody did."""
    for leaf, whose in ((account.STACK_FREEZE, " (the whole stack)"), ("freeze", "")):
        if leaf in values:
            told = json.loads(values[leaf])
            return f"{told.get('who', 'nobody named')}{whose}: {told.get('why', 'no reason given')}"
    return ""
