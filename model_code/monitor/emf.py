"""The job's metrics as log lines in CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from catalog.analysis import MODELS
from model_code.monitor.settings import Settings

OLDEST = 14 * 86_400
"""Seconds: CloudWatch takes no older data point."""


def emf_lines(
    settings: Settings, alarmed: Mapping[str, int], tally: Mapping[tuple[str, int], tuple[int, int]], now: float
) -> Iterator[str]:
    """The result's metrics, as of now; then each variant's outcomes at the minute of their request.

    A window is judged minutes after its end, and an alarm looks at its newest periods alone. `now` is in seconds since
    1970.
    """
    end = int(settings.end.timestamp())
    result = {"Stack": settings.stack, "Model": settings.model}
    yield _line(int(now), result, {"Monitored": 1, **alarmed})
    for (variant, minute), (outcomes, wrong) in sorted(tally.items()):
        if minute > end - OLDEST:
            served = {"EndpointName": settings.endpoint, "VariantName": variant}
            yield _line(minute, served, {"Outcomes": outcomes, "Wrong": wrong})


def _line(moment: int, dimensions: Mapping[str, str], metrics: Mapping[str, int]) -> str:
    directive = {
        "Namespace": MODELS,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in metrics],
    }
    about = {"Timestamp": moment * 1000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, **dimensions, **metrics})
