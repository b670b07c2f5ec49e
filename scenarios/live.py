"""d: versions that pass every gate and fail in production: slow, broken, or wrong."""

from __future__ import annotations

from scenarios import graphs
from scenarios.release import release
from scenarios.stage import Stage
from scenarios.verdict import Verdict

_BAD = {"slow": graphs.slow, "failing": graphs.failing, "wrong": graphs.wrong}


def fails_live(stage: Stage, verdict: Verdict) -> None:
    """Each is rolled back: no request to it afterwards, the old weights exactly as they were, the time measured."""
    for name, change in _BAD.items():
        _one(stage, verdict, name, change)


def _one(stage: Stage, verdict: Verdict, name: str, change: graphs.Change) -> None:
    account, timeline = stage.account, stage.timeline
    approved, weights = account.version("approved"), account.weights()
    feed = stage.feed()
    with stage.playing(feed):
        version = release(stage, name, change)
        decision = stage.decided(version, 180)
        stage.settled()
        back = timeline.now()
        seen = len(feed.tally.seen)
        stage.until("requests after the return", lambda: len(feed.tally.seen) > seen + 100, 30)
    rejected = decision["verdict"] == "rejected"
    verdict.note(f"{name}: {version} is {decision['verdict']}: {decision['reason']}", rejected)
    after = feed.tally.answered(since=back)
    verdict.note(f"{name}: {after[version]} of {after.total()} answers are its after the return", not after[version])
    verdict.note(f"{name}: weights {account.weights()} as before", account.weights() == weights)
    verdict.note(f"{name}: {approved} is still approved", account.version("approved") == approved)
    harmed = feed.tally.answered()[version] + feed.tally.to("candidate")
    verdict.note(
        f"{name}: {decision.get('seconds', 0)} s of the account's clock from the first request to the return, "
        f"{harmed} requests met it",
        "seconds" in decision,
    )
