"""What CloudWatch has counted of two variants since an analysis began."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.analysis import MODELS, Analysis
from model_code.rollout.evidence import Counts, Evidence, Missing

_MINUTE = 60
_SAGEMAKER = "AWS/SageMaker"
Series = Mapping[str, Mapping[datetime, float]]


def sums(
    cloudwatch: Any,
    analysis: Analysis,
    endpoint: str,
    config: str,
    variants: tuple[str, str],
    since: str,
    now: datetime,
) -> Evidence | Missing:
    """The sums of the live variant and the candidate's, in this order; Missing where they could not be had.

    Requests are those of one temporary config alone, so that nothing of an earlier candidate's is among them. Outcomes
    come late and name endpoint and variant only: they are those of requests since the analysis began.
    """
    queries = [
        query
        for number, variant in enumerate(variants)
        for query in _queries(analysis, endpoint, config, variant, f"v{number}")
    ]
    # The minute that runs belongs to it; a start must lie before the end, even in the first second.
    window = {"StartTime": datetime.fromisoformat(since), "EndTime": now + timedelta(seconds=_MINUTE)}
    try:
        found = _series(cloudwatch, queries, window)
    except (BotoCoreError, ClientError, ValueError) as error:
        return Missing(f"CloudWatch gave no sums: {error}")
    live, candidate = (_counts(found, f"v{number}") for number in range(2))
    return Evidence(live=live, candidate=candidate)


def _queries(analysis: Analysis, endpoint: str, config: str, variant: str, prefix: str) -> list[dict[str, Any]]:
    ours = {"EndpointName": endpoint, "VariantName": variant}
    fleet = {**ours, "EndpointConfigName": config}
    wanted = [
        ("requests", _SAGEMAKER, "Invocations", "Sum", fleet),
        ("errors", _SAGEMAKER, "Invocation5XXErrors", "Sum", fleet),
        ("latency", _SAGEMAKER, "ModelLatency", "Sum", fleet),
        ("answers", _SAGEMAKER, "ModelLatency", "SampleCount", fleet),
    ]
    if analysis.latency_ms is not None:
        # The percentage of values up to the limit; ModelLatency is in microseconds.
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
        wanted.append(("rank", _SAGEMAKER, "ModelLatency", f"PR(:{1000 * analysis.latency_ms})", fleet))
    if analysis.metric:
        wanted += [
            ("outcomes", MODELS, analysis.metric.of, "Sum", ours),
            ("wrong", MODELS, analysis.metric.name, "Sum", ours),
        ]
    return [
        {"Id": f"{prefix}_{name}", "MetricStat": _statistic(namespace, metric, statistic, dimensions)}
        for name, namespace, metric, statistic, dimensions in wanted
    ]


def _statistic(namespace: str, metric: str, statistic: str, dimensions: Mapping[str, str]) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
        "Period": _MINUTE,
        "Stat": statistic,
    }


def _series(cloudwatch: Any, queries: list[dict[str, Any]], window: Mapping[str, datetime]) -> Series:
    """Each query's values by minute, over all pages. Raises ValueError where CloudWatch says that one failed."""
    found: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
    more: dict[str, str] = {}
    while True:
        answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **window, **more)
        for each in answer["MetricDataResults"]:
            if each.get("StatusCode") in ("InternalError", "Forbidden"):
                raise ValueError(f"{each['Id']}: {each['StatusCode']}")
            found[each["Id"]].update(zip(each["Timestamps"], each["Values"], strict=True))
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}


def _counts(found: Series, prefix: str) -> Counts:
    def series(name: str) -> Mapping[datetime, float]:
        return found.get(f"{prefix}_{name}", {})

    def total(name: str) -> int:
        return round(sum(series(name).values()))

    ranks, answers, errors = series("rank"), series("answers"), series("errors")
    slow = {minute: round(answers.get(minute, 0) * (100 - rank) / 100) for minute, rank in ranks.items()}
    bad = sum(max(round(errors.get(minute, 0)), slow.get(minute, 0)) for minute in {*errors, *slow})
    return Counts(
        requests=total("requests"),
        bad=bad,
        errors=total("errors"),
        slow=sum(slow.values()),
        latency_us=sum(series("latency").values()),
        outcomes=total("outcomes"),
        wrong=total("wrong"),
    )
