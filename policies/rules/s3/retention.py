"""How long objects stay: what is personal goes, and old versions neither go at once nor stay for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, known
from policies.links import each
from policies.rule import FSBP, OWN, Broken, Rule, Settings, StackRule
from policies.rules.s3.parts import BUCKETS, lifecycle
from policies.sources import hub

_CONFIGS: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_LIFECYCLES_PAGE: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"


def _some(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        return None if lifecycle(graph, bucket) else "no lifecycle rule that is Enabled"

    return each(graph.of(*BUCKETS), check)


def _captures(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(config: Declared) -> str | None:
        capture = known(config.at("dataCaptureConfig"), "dataCaptureConfig")
        if not capture or known(capture.get("enableCapture"), "dataCaptureConfig.enableCapture") is False:
            return None
        uri = known(capture.get("destinationS3Uri"), "dataCaptureConfig.destinationS3Uri")
        name, _, prefix = str(uri).removeprefix("s3://").partition("/")
        buckets = [bucket for bucket in graph.of(*BUCKETS) if known(bucket.at("bucket"), "bucket") == name]
        if not buckets:
            return None  # somebody else's bucket: its rules are declared elsewhere
        rules = [rule for rule in lifecycle(graph, buckets[0]) if f"{prefix}/".startswith(_prefix(rule))]
        return None if any(_expires(rule, settings) for rule in rules) else f"captures under {uri} that stay"

    return each(graph.of(_CONFIGS), check)


def _bounded(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        for rule in lifecycle(graph, bucket):
            days = _days(rule, "expiration", "days")
            if days is not None and not _expires(rule, settings):
                return f"rule {rule.get('id')} keeps objects {days} days, and old versions " + _said(rule)
        return None

    return each(graph.of(*BUCKETS), check)


def _old(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        # A lock keeps versions by itself; where objects expire, their versions go with them.
        rules = [] if bucket.at("objectLockEnabled") is True else lifecycle(graph, bucket)
        if any(_days(rule, "expiration", "days") is not None for rule in rules):
            return None
        found = [days for rule in rules if (days := _days(rule, "noncurrentVersionExpiration", "noncurrentDays"))]
        wrong = [days for days in found if not settings["least"] <= days <= settings["most"]]
        if wrong:
            return f"old versions kept {wrong[0]} days"
        return "old versions that stay for ever" if rules and not found else None

    return each(graph.of(*BUCKETS), check)


def _expires(rule: Mapping[str, Any], settings: Settings) -> bool:
    """Objects and then their earlier versions go within the bound: with versions, a deleted object is still there."""
    days = _days(rule, "expiration", "days")
    versions = _days(rule, "noncurrentVersionExpiration", "noncurrentDays")
    return days is not None and versions is not None and days + versions <= settings["most"]


def _days(rule: Mapping[str, Any], block: str, key: str) -> int | None:
    inner = known(rule.get(block), f"rules.{block}") or {}
    days = known(inner.get(key), f"rules.{block}.{key}")
    return None if days is None else int(days)


def _prefix(rule: Mapping[str, Any]) -> str:
    inner = known(rule.get("filter"), "rules.filter") or {}
    return str(known(inner.get("prefix"), "rules.filter.prefix") or known(rule.get("prefix"), "rules.prefix") or "")


def _said(rule: Mapping[str, Any]) -> str:
    versions = _days(rule, "noncurrentVersionExpiration", "noncurrentDays")
    return "for ever" if versions is None else f"{versions} more"


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="S3.13",
        name="s3-13-lifecycle",
        severity="low",
        frameworks=(FSBP,),
        title="a bucket says what goes when",
        allowed="a BucketLifecycleConfiguration with a rule that is Enabled",
        fix="declare one; noncurrent_days or expire of our Bucket writes it",
        source=hub("S3.13"),
        types=BUCKETS,
        check=_some,
    ),
    StackRule(
        control="Takeoff.27",
        name="takeoff-27-captures-expire",
        severity="high",
        frameworks=(OWN,),
        title="what an endpoint captures is deleted",
        allowed="a lifecycle rule over the capture's prefix: expiration.days and noncurrentVersionExpiration within "
        "`most` days together",
        fix="give the bucket of captures an expire rule for the model (capture.days in the stack file)",
        source=_LIFECYCLES_PAGE,
        settings={"most": 90},
        types=(_CONFIGS,),
        check=_captures,
    ),
    StackRule(
        control="Takeoff.27",
        name="takeoff-27-expiry-is-bounded",
        severity="medium",
        frameworks=(OWN,),
        title="what expires is gone, versions included, within bounds",
        allowed="expiration.days and noncurrentVersionExpiration.noncurrentDays of at most `most` days together",
        fix="lower expiration.days, and give the rule a noncurrentVersionExpiration",
        source=_LIFECYCLES_PAGE,
        settings={"most": 366},
        types=BUCKETS,
        check=_bounded,
    ),
    StackRule(
        control="Takeoff.27",
        name="takeoff-27-old-versions-are-bounded",
        severity="low",
        frameworks=(OWN,),
        title="old versions stay long enough to undo a mistake, and not for ever",
        allowed="noncurrentVersionExpiration.noncurrentDays between `least` and `most`, but in locked buckets",
        fix="declare a lifecycle rule with it; noncurrent_days of our Bucket writes it",
        source=_LIFECYCLES_PAGE,
        settings={"least": 30, "most": 366},
        types=BUCKETS,
        check=_old,
    ),
)
