"""e and f: what happens in the middle of a canary: no data, or a newer version."""

from __future__ import annotations

from scenarios import graphs
from scenarios.release import release
from scenarios.stage import Stage
from scenarios.verdict import Verdict


def metric_outage(stage: Stage, verdict: Verdict) -> None:
    """Outcomes stop coming in the middle of a canary: it halts, and goes on when they come again."""
    account = stage.account
    feed = stage.feed()
    with stage.playing(feed):
        feed.outcomes = False
        version = release(stage, "outage", graphs.good(11))
        stage.until("a canary", lambda: "candidate" in account.weights(), 120)
        stage.until("a halt for want of outcomes", lambda: "no outcomes" in _message(stage), 90)
        held, reason = account.weights(), _message(stage)
        seen = len(feed.tally.seen)
        stage.until("more traffic", lambda: len(feed.tally.seen) > seen + 200, 60)
        still = account.weights()
        decided = account.decision(version)
        verdict.note(reason, reason.startswith("halted"))
        verdict.note(f"weights {held}, after 200 more requests {still}", held == still and not decided)
        feed.outcomes = True
        decision = stage.decided(version, 180)
        stage.settled()
    promoted = decision["verdict"] == "promoted"
    verdict.note(f"with outcomes again {version} is {decision['verdict']}: {decision['reason']}", promoted)
    verdict.note(f"{len(feed.tally.seen)} requests, failed: {dict(feed.tally.errors())}", not feed.tally.errors())


def newer_version(stage: Stage, verdict: Verdict) -> None:
    """A newer version is approved in the middle of a canary: the analysis begins again, with that one."""
    account = stage.account
    feed = stage.feed()
    with stage.playing(feed):
        first = release(stage, "first", graphs.good(21))
        stage.until("a canary", lambda: "candidate" in account.weights(), 120)
        second = release(stage, "second", graphs.good(22))
        decision = stage.decided(second, 240)
        stage.settled()
    verdict.note(f"{second} is {decision['verdict']}: {decision['reason']}", decision["verdict"] == "promoted")
    verdict.note(f"{first} never became the live one", account.decision(first).get("verdict") != "promoted")
    verdict.note(f"approved is {account.version('approved')}", account.version("approved") == second)
    verdict.note(f"{len(feed.tally.seen)} requests, failed: {dict(feed.tally.errors())}", not feed.tally.errors())


def _message(stage: Stage) -> str:
    """What Rollout says of the version that it tries."""
    return str(stage.account.leaf("analysis").get("message", ""))
