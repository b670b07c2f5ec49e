"""Rules on alarms over what a monitor finds: there is one on each finding, and it stands until the next look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.analysis import MODELS
from policies.declared import Declared, Graph
from policies.endpoints import ALARM
from policies.monitored import ALWAYS, DECLARED, FINDINGS, Monitored, monitored
from policies.nested import apart
from policies.parameters import PARAMETER
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.watching import readings, set_off_by, silence


def _heard(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Models whose monitor finds what no alarm is on."""
    yield from apart(monitored(graph), lambda model: _unheard(graph, model))


def _unheard(graph: Graph, model: Monitored) -> Iterator[Broken]:
    if missing := [metric for metric in ALWAYS if not model.alarms(graph, metric)]:
        yield Broken(model.parameter, f"no alarm on {', '.join(missing)} of {model.model}")
    # Whether these are published is in the parameter's value, which a first deployment only knows at its end.
    for metric, key in DECLARED.items():
        if not model.alarms(graph, metric) and model.declares(key):
            yield Broken(model.parameter, f"no alarm on {metric} of {model.model}, which declares {key}")


def _stands(alarm: Declared, _settings: Settings) -> str | None:
    """Why an alarm on a finding would miss it, or end and begin again between two looks."""
    if not any(each.named(MODELS) in FINDINGS for each in readings(alarm)):
        return None
    if (missing := silence(alarm)) != "ignore":
        return f"treatMissingData {missing}"
    return None if set_off_by(alarm, 1) and not set_off_by(alarm, 0) else "a threshold that does not tell 1 from 0"


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.53",
        name="takeoff-53-each-finding-of-a-monitor-has-an-alarm",
        severity="high",
        frameworks=(OWN,),
        title="A model that is monitored has an alarm on each thing that its monitor finds",
        allowed=f"alarms in {MODELS} with the dimensions Stack and Model, on {', '.join(ALWAYS)}; on MissedKpi where "
        "the parameter `monitor` declares kpis, on Bias where it declares groups",
        fix="`monitor` of the model in the stack file, whose DriftMonitor declares them",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor.html",
        types=(PARAMETER,),
        check=_heard,
    ),
    ResourceRule(
        control="Takeoff.53",
        name="takeoff-53-findings-stand-until-the-next-look",
        severity="medium",
        frameworks=(OWN,),
        title="An alarm on a finding goes off at it and stays as it is until the next look",
        allowed="treatMissingData ignore, and a threshold between 0, no finding, and 1",
        fix='treat_missing_data="ignore", comparison_operator="GreaterThanThreshold", threshold=0',
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        types=(ALARM,),
        check=_stands,
    ),
)
