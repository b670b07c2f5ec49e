"""The models that a stack has watched: whoever has a parameter `monitor`, by which Monitoring looks at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from catalog.analysis import MODELS
from policies import parameters
from policies.declared import Declared, Graph, inside
from policies.endpoints import ALARM
from policies.nested import settled
from policies.watching import readings

# What a look finds, 0 or 1 each but for the number of missed KPIs (model_code/monitor), and that there was one.
ALWAYS: Final = ("InputDrift", "JointDrift", "PredictionDrift", "ConceptDrift", "AttributionDrift")
# Findings that there are only where the monitor's settings declare what they judge.
DECLARED: Final = {"MissedKpi": "kpis", "Bias": "groups"}
FINDINGS: Final = (*ALWAYS, *DECLARED)
# Against these a newer version helps.
RETRAINS: Final = ("InputDrift", "JointDrift", "ConceptDrift", "MissedKpi")
LOOKED: Final = "Monitored"
_NAME: Final = re.compile(r"/takeoff/([^/]+)/([^/]+)/(monitor|training)")


@dataclass(frozen=True)
class Monitored:
    """A model with a monitor, and the parameter that says so."""

    parameter: Declared
    stack: str
    model: str

    def declares(self, key: str) -> bool:
        """Whether the monitor's settings hold any `kpis` or `groups`. Raises UnknownError."""
        return bool(inside(parameters.content(self.parameter), f"settings.{key}"))

    def alarms(self, graph: Graph, metric: str) -> list[Declared]:
        """The alarms that read one of the model's metrics, by all the dimensions that it has. Raises UnknownError.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
        """
        dimensions = {"Stack": self.stack, "Model": self.model}
        return [
            alarm
            for alarm in graph.of(ALARM)
            if any(
                each.named(MODELS) == metric and settled(each.dimensions, "dimensions") == dimensions
                for each in readings(alarm)
            )
        ]


def monitored(graph: Graph) -> list[Monitored]:
    """The models of a stack that are watched, in order of declaration."""
    return _of(graph, "monitor")


def trained(graph: Graph, model: Monitored) -> bool:
    """Whether a stack trains a model, too."""
    return (model.stack, model.model) in {(each.stack, each.model) for each in _of(graph, "training")}


def _of(graph: Graph, leaf: str) -> list[Monitored]:
    # A parameter whose name is not known yet is none of these: theirs are made of stack and model.
    names = [(each, each.at("name")) for each in graph.of(parameters.PARAMETER)]
    found = [(each, _NAME.fullmatch(name)) for each, name in names if isinstance(name, str)]
    return [Monitored(each, match[1], match[2]) for each, match in found if match and match[3] == leaf]
