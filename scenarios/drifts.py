"""a and h: the world changes, and the model follows it by itself."""

from __future__ import annotations

from model_code.world.knobs import ConceptDrift, Drift
from scenarios.feed import Feed
from scenarios.stage import Stage
from scenarios.verdict import Verdict

# What outcomes depend on turns around: the live model's answers go wrong, and a new one has something to learn.
_TURNED = {"amount": -0.5, "income": 0.9, "utilisation": -0.8}
_MINUTE = 60


def inputs_drift(stage: Stage, verdict: Verdict) -> None:
    """Inputs drift: alarm, retraining, a candidate that wins, canary, promotion; no request fails."""
    account, timeline = stage.account, stage.timeline
    before, runs, began = account.version("approved"), len(account.runs()), timeline.now()
    day = 200
    shifted = stage.world(
        drifts=(
            Drift(feature="amount", from_day=day, shift=1.5),
            Drift(feature="income", from_day=day, shift=-1.2),
        ),
        concept=(ConceptDrift(from_day=day, weights=_TURNED),),
    )
    feed = stage.feed()
    with stage.playing(feed):
        stage.until("traffic before the drift", lambda: len(feed.tally.seen) > 400, 60)
        feed.change(shifted, day)
        stage.upload(stage.data(shifted, day + 40))
        _followed(stage, verdict, before, feed, began, "input")
    verdict.note(f"pipeline runs: {len(account.runs()) - runs}", len(account.runs()) == runs + 1)


def concept_drifts(stage: Stage, verdict: Verdict) -> None:
    """The same inputs come to mean something else, and outcomes arrive late: only they can tell."""
    account, timeline = stage.account, stage.timeline
    before, began, day = account.version("approved"), timeline.now(), 400
    turned = stage.world(concept=(ConceptDrift(from_day=day, weights=_TURNED, base_rate=0.35),))
    feed = stage.feed(day=300)
    feed.lag = 6.0
    with stage.playing(feed):
        stage.until("traffic before the drift", lambda: len(feed.tally.seen) > 400, 60)
        feed.change(turned, day)
        stage.upload(stage.data(turned, day + 40))
        _followed(stage, verdict, before, feed, began, "concept")


def _followed(stage: Stage, verdict: Verdict, before: str, feed: Feed, began: float, kind: str) -> None:
    """Wait until the model has followed the world, and note what the account says of the way there."""
    account, timeline = stage.account, stage.timeline
    now = stage.until(
        "a promoted version",
        lambda: (version := account.version("approved")) != before and account.decision(version) and version,
        240,
    )
    stage.settled()
    rang = timeline.first("alarm retrain", lambda state: state == "ALARM", since=began)
    alarms = sorted(
        e.what.removeprefix("alarm ")
        for e in timeline.entries
        if e.at >= began and e.what.startswith("alarm ") and e.now == "ALARM"
    )
    verdict.note(f"alarms: {', '.join(alarms)}", any(kind in name for name in alarms) and rang is not None)
    decision = account.decision(now)
    verdict.note(f"{now} is {decision['verdict']}: {decision['reason']}", decision["verdict"] == "promoted")
    live = account.endpoint()["EndpointConfigName"]
    wish = account.leaf("desired")["releases"][now]["config"]
    verdict.note(f"the endpoint serves {live}", live == wish)
    record = account.record(account.leaf("approved")["run"].rpartition("/")[2])
    verdict.note(f"the run was started by {record.get('by')}", record.get("cause") == "alarm")
    if rang is not None and (promoted := timeline.first("approved", lambda v: v == now, since=began)) is not None:
        verdict.note(f"from alarm to promotion {promoted - rang:.0f} s", promoted - rang < 2 * _MINUTE)
    failed, answered = feed.tally.errors(), feed.tally.answered()
    verdict.note(f"{answered.total()} requests answered, {failed.total()} failed {dict(failed)}", not failed)
