"""What nobody sees and pays for: old versions neither go at once nor stay for ever, and unfinished uploads go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph
from policies.links import each
from policies.rule import OWN, Broken, Rule, Settings, StackRule
from policies.rules.s3.parts import BUCKETS, OLD, days, lifecycle, lock_days, whole


def _old(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        rules = lifecycle(graph, bucket)
        # Where everything expires, versions go with it.
        if bucket.name in settings["passing"] or any(whole(rule) and _passes(rule) for rule in rules):
            return None
        # A lock keeps versions by itself, and what it holds cannot go before.
        locked = lock_days(graph, bucket)
        least, most = (0, max(settings["most"], locked)) if locked else (settings["least"], settings["most"])
        kept = [rule for rule in rules if not _passes(rule) and days(rule, *OLD)]
        wrong = [stay for rule in kept if (stay := days(rule, *OLD)) and not least <= stay <= most]
        if wrong:
            return f"old versions kept {wrong[0]} days"
        return "old versions that stay for ever" if rules and not any(map(whole, kept)) else None

    return each(graph.of(*BUCKETS), check)


def _passes(rule: Mapping[str, Any]) -> bool:
    return days(rule, "expiration", "days") is not None


def _unfinished(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        rules = [rule for rule in lifecycle(graph, bucket) if whole(rule)]
        found = [days(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation") for rule in rules]
        stay = min((each for each in found if each), default=None)
        if stay is None:
            return "unfinished uploads that stay for ever"
        return None if stay <= settings["most"] else f"unfinished uploads that stay {stay} days"

    return each(graph.of(*BUCKETS), check)


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.27",
        name="takeoff-27-old-versions-are-bounded",
        severity="low",
        frameworks=(OWN,),
        title="old versions stay long enough to undo a mistake, and not for ever",
        allowed="a rule over the whole bucket with noncurrentVersionExpiration.noncurrentDays between `least` and "
        "`most` (up to the lock's days in a locked one), or one that expires everything; none in the buckets `passing`",
        fix="declare a lifecycle rule with it; noncurrent_days of our Bucket writes it",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html",
        # In this bucket every model's prefix expires by itself.
        settings={"least": 30, "most": 366, "passing": ["captures"]},
        types=BUCKETS,
        check=_old,
    ),
    StackRule(
        control="Takeoff.27",
        name="takeoff-27-unfinished-uploads-go",
        severity="low",
        frameworks=(OWN,),
        title="parts of uploads that nobody finished are deleted, which no expiry of objects reaches",
        allowed="a rule over the whole bucket, with abortIncompleteMultipartUpload.daysAfterInitiation up to `most`",
        fix="declare a lifecycle rule with it; every lifecycle of our Bucket has one",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html",
        settings={"most": 30},
        types=BUCKETS,
        check=_unfinished,
    ),
)
