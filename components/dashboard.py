"""What a model's dashboard shows, as CloudWatch's dashboard document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# A dashboard is 24 units wide.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_WIDTH, _HEIGHT, _ALARMS = 8, 6, 3
_REQUESTS, _MACHINES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"


def body(
    *, region: str, model: str, endpoint: str, variants: Sequence[str], alarms: Sequence[str], latency_ms: int | None
) -> dict[str, Any]:
    """Alarms on top; below, traffic, errors, latency and utilisation of every variant. `alarms` are ARNs."""

    def lines(namespace: str, metric: str, statistic: str) -> list[list[Any]]:
        return [
            [
                namespace,
                metric,
                "EndpointName",
                endpoint,
                "VariantName",
                variant,
                {"stat": statistic, "label": f"{variant} {metric} {statistic}"},
            ]
            for variant in variants
        ]

    limit = [{"label": "objective", "value": latency_ms * 1000}] if latency_ms else []
    graphs: list[tuple[str, list[list[Any]], list[dict[str, Any]]]] = [
        ("Requests per minute", lines(_REQUESTS, "Invocations", "Sum"), []),
        (
            "Errors per minute",
            lines(_REQUESTS, "Invocation5XXErrors", "Sum") + lines(_REQUESTS, "Invocation4XXErrors", "Sum"),
            [],
        ),
        (
            "Model latency in microseconds",
            lines(_REQUESTS, "ModelLatency", "p50") + lines(_REQUESTS, "ModelLatency", "p99"),
            limit,
        ),
        ("SageMaker's own latency in microseconds", lines(_REQUESTS, "OverheadLatency", "p99"), []),
        (
            "CPU and memory in percent (100 for each core)",
            lines(_MACHINES, "CPUUtilization", "Average") + lines(_MACHINES, "MemoryUtilization", "Average"),
            [],
        ),
        (
            "GPU and its memory in percent (100 for each)",
            lines(_MACHINES, "GPUUtilization", "Average") + lines(_MACHINES, "GPUMemoryUtilization", "Average"),
            [],
        ),
    ]
    widgets = [_alarms(model, alarms)] if alarms else []
    widgets += [_graph(place, region, *graph) for place, graph in enumerate(graphs)]
    return {"widgets": widgets}


def _alarms(model: str, alarms: Sequence[str]) -> dict[str, Any]:
    properties = {"title": f"{model}: alarms", "alarms": list(alarms)}
    return {"type": "alarm", "x": 0, "y": 0, "width": 3 * _WIDTH, "height": _ALARMS, "properties": properties}


def _graph(
    place: int, region: str, title: str, metrics: list[list[Any]], lines: list[dict[str, Any]]
) -> dict[str, Any]:
    """One graph, three to a row, below the alarms."""
    properties: dict[str, Any] = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "stacked": False,
        "period": 60,
        "metrics": metrics,
        "yAxis": {"left": {"min": 0}},
    }
    if lines:
        properties["annotations"] = {"horizontal": lines}
    return {
        "type": "metric",
        "x": place % 3 * _WIDTH,
        "y": _ALARMS + place // 3 * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": properties,
    }
