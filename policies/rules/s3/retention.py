"""How long objects stay: what is personal goes, and what goes is gone with its earlier versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, known
from policies.links import each
from policies.rule import FSBP, OWN, Broken, Rule, Settings, StackRule
from policies.rules.s3.parts import BUCKETS, OLD, days, lifecycle
from policies.sources import hub

_CONFIGS: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_PROJECT: Final = "aws:codebuild/project:Project"
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
        uri = str(known(capture.get("destinationS3Uri"), "dataCaptureConfig.destinationS3Uri"))
        return None if _goes(graph, uri, settings) else f"captures under {uri} that stay"

    return each(graph.of(_CONFIGS), check)


def _reports(graph: Graph, settings: Settings) -> Iterator[Broken]:
    path = "environment.environmentVariables"

    def check(project: Declared) -> str | None:
        variables = [known(row, path) for row in known(project.at(path), path) or ()]
        for row in variables:
            uri = str(known(row.get("value"), path)) if row.get("name") in settings["variables"] else ""
            if uri.startswith("s3://") and not _goes(graph, uri, settings):
                return f"{row['name']} {uri}, where what is added stays"
        return None

    return each(graph.of(_PROJECT), check)


def _goes(graph: Graph, uri: str, settings: Settings) -> bool:
    """Whether what is under a prefix of a bucket expires within bounds, for all that is declared here."""
    name, _, prefix = uri.removeprefix("s3://").partition("/")
    buckets = [bucket for bucket in graph.of(*BUCKETS) if known(bucket.at("bucket"), "bucket") == name]
    if not buckets:
        return True  # somebody else's bucket: its rules are declared elsewhere
    rules = [rule for rule in lifecycle(graph, buckets[0]) if f"{prefix}/".startswith(_prefix(rule))]
    return any(_expires(rule, settings) for rule in rules)


def _bounded(graph: Graph, settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        for rule in lifecycle(graph, bucket):
            kept = days(rule, "expiration", "days")
            if kept is not None and not _expires(rule, settings):
                return f"rule {rule.get('id')} keeps objects {kept} days, and old versions " + _said(rule)
        return None

    return each(graph.of(*BUCKETS), check)


def _expires(rule: Mapping[str, Any], settings: Settings) -> bool:
    """Objects and then their earlier versions go within the bound: with versions, a deleted object is still there."""
    objects, versions = days(rule, "expiration", "days"), days(rule, *OLD)
    return objects is not None and versions is not None and objects + versions <= settings["most"]


def _prefix(rule: Mapping[str, Any]) -> str:
    inner = known(rule.get("filter"), "rules.filter") or {}
    return str(known(inner.get("prefix"), "rules.filter.prefix") or known(rule.get("prefix"), "rules.prefix") or "")


def _said(rule: Mapping[str, Any]) -> str:
    versions = days(rule, *OLD)
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
        name="takeoff-27-reports-expire",
        severity="low",
        frameworks=(OWN,),
        title="what builds report is deleted",
        allowed="a lifecycle rule over the prefix that a variable of `variables` names: expiration.days and "
        "noncurrentVersionExpiration within `most` days together",
        fix="give the bucket an expire rule for the prefix",
        source=_LIFECYCLES_PAGE,
        settings={"variables": ["REPORTS"], "most": 90},
        types=(_PROJECT,),
        check=_reports,
    ),
)
