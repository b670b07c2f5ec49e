"""a and h: the world changes, and the model follows it by itself."""

from __future__ import annotations

from scenarios.feed import Feed
from scenarios.stage import FIRST, Stage
from scenarios.verdict import Verdict
from scenarios.worlds import Setting

_LIMIT = 120.0  # seconds from an alarm to the promoted model, on the fast clock
_BEFORE = 400  # requests before the world changes


def inputs_drift(stage: Stage, verdict: Verdict) -> None:
    """Inputs drift: alarm, retraining, a candidate that wins, canary, promotion; no request fails."""
    runs = len(stage.account.runs())
    _followed(stage, verdict, stage.setting.with_other_inputs(), "drift-inputs", stage.feed())
    verdict.note(f"pipeline runs: {len(stage.account.runs()) - runs}", len(stage.account.runs()) == runs + 1)


def concept_drifts(stage: Stage, verdict: Verdict) -> None:
    """The same inputs come to mean something else, and outcomes arrive late: only they can tell."""
    feed = stage.feed()
    feed.lag = 6.0
    _followed(stage, verdict, stage.setting.with_other_concept(), "drift-concept", feed)


def _followed(stage: Stage, verdict: Verdict, setting: Setting, alarm: str, feed: Feed) -> None:
    """Let the world change and wait until the model has followed it; note what the account says of the way there."""
    account, timeline = stage.account, stage.timeline
    stage.retraining_rests()
    before, world = account.version("approved"), setting.world()
    with stage.playing(feed):
        stage.until("traffic before the drift", lambda: len(feed.tally.seen) > _BEFORE, 60)
        stage.until("an alarm at rest", lambda: account.alarms().get("retrain") == "OK", 120)
        changed = timeline.now()
        feed.change(world, FIRST)
        stage.upload(setting.data(stage.unseen()), setting)
        now = stage.until(
            "a promoted version",
            lambda: (version := account.version("approved")) != before and account.decision(version) and version,
            240,
        )
        stage.settled()
    rang = {
        entry.what.removeprefix("alarm "): entry.at
        for entry in reversed(timeline.entries)
        if entry.at >= changed and entry.what.startswith("alarm ") and entry.now == "ALARM"
    }
    verdict.note(f"alarms: {', '.join(sorted(rang))}", alarm in rang and "retrain" in rang)
    decision = account.decision(now)
    verdict.note(f"{now} is {decision['verdict']} {decision['reason']}".strip(), decision["verdict"] == "promoted")
    live = account.endpoint()["EndpointConfigName"]
    verdict.note(f"the endpoint serves {live}", live == account.leaf("desired")["releases"][now]["config"])
    record = account.record(account.leaf("approved")["run"].rpartition("/")[2])
    verdict.note(f"the run was started by {record.get('by')}", record.get("cause") == "alarm")
    if "retrain" in rang and (promoted := timeline.first("approved", lambda version: version == now)) is not None:
        verdict.within("from alarm to promotion", promoted - rang["retrain"], _LIMIT)
    failed, answered = feed.tally.errors(), feed.tally.answered()
    verdict.note(f"{answered.total()} requests answered, {failed.total()} failed {dict(failed)}", not failed)
