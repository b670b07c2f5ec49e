"""g: a storm of alarms comes to one run."""

from __future__ import annotations

from scenarios.stage import Stage
from scenarios.verdict import Verdict

_ALARMS = 20


def storm(stage: Stage, verdict: Verdict) -> None:
    """The retraining alarm goes off again and again, as a flapping one does."""
    account = stage.account
    stage.retraining_rests()
    runs = len(account.runs())
    alarm = f"takeoff-{account.stack.name}-{account.model.name}-retrain"
    stage.upload(stage.setting.data(stage.unseen()), stage.setting)

    def ring(number: int) -> None:
        # One after the other, or two would make one change; what they start runs at the same time.
        for state in ("ALARM", "OK"):
            account.cloudwatch.set_alarm_state(
                AlarmName=alarm,
                StateValue=state,
                StateReason=f"scenario: flap {number}",
                StateReasonData="{}",
            )

    with stage.timeline.watching(account):
        machine = account.stack.retraining
        before = len(_executions(account, machine))
        for number in range(_ALARMS):
            ring(number)
        stage.until("executions", lambda: len(_executions(account, machine)) >= before + _ALARMS, 60)
        stage.until(
            "the end of the storm",
            lambda: sum(one["status"] == "RUNNING" for one in _executions(account, machine)) <= 1,
            120,
        )
        stage.until("the run's end", lambda: account.runs()[0]["PipelineExecutionStatus"] != "Executing", 120)
    asked = len(_executions(account, machine)) - before
    verdict.note(f"{asked} requests to retrain reached the state machine", asked >= _ALARMS)
    verdict.note(f"pipeline runs: {len(account.runs()) - runs}", len(account.runs()) == runs + 1)
    refusal = account.leaf("retraining").get("last_refusal", {})
    verdict.note(f"the last refusal says: {refusal.get('reason')}", bool(refusal.get("reason")))


def _executions(account: object, machine: str) -> list[dict[str, str]]:
    found = account.states.list_executions(stateMachineArn=machine, maxResults=1000)  # type: ignore[attr-defined]
    return list(found["executions"])
