"""The rule on monitors that stop: a model that nobody looks at any more must not seem to be well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from catalog.analysis import MODELS
from policies.declared import Declared, Graph, known
from policies.monitored import LOOKED, Monitored, monitored
from policies.nested import apart, rows
from policies.parameters import PARAMETER
from policies.rule import OWN, Broken, Rule, Settings, StackRule
from policies.watching import readings, set_off_by, silence

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax
_FILLED: Final = re.compile(r"FILL\(\s*(\w+)\s*,\s*0\s*\)")


def _looked(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Models of whose monitor nobody would hear that it has stopped."""
    yield from apart(monitored(graph), lambda model: _unattended(graph, model))


def _unattended(graph: Graph, model: Monitored) -> Iterator[Broken]:
    alarms = model.alarms(graph, LOOKED)
    if not alarms:
        yield Broken(model.parameter, f"no alarm on {LOOKED} of {model.model}")
    wrong = [(alarm, _deaf(alarm)) for alarm in alarms]
    if all(got for _, got in wrong):
        yield from (Broken(alarm, got) for alarm, got in wrong if got)


def _deaf(alarm: Declared) -> str | None:
    """Why an alarm would not go off in silence.

    CloudWatch judges by old values as long as there are enough, so what is missing is filled in; a metric that never
    had a value has nothing to fill in, which is missing data.
    """
    if (missing := silence(alarm)) != "breaching":
        return f"treatMissingData {missing}"
    ids = {each.id for each in readings(alarm) if each.named(MODELS) == LOOKED}
    answers = [row for row in rows(alarm, "metricQueries") if known(row.get("returnData"), "metricQueries")]
    filled = [_FILLED.fullmatch(str(known(row.get("expression"), "metricQueries")).strip()) for row in answers]
    if not any(match and match[1] in ids for match in filled):
        return f"no FILL({LOOKED}, 0), by which silence is 0"
    return None if set_off_by(alarm, 0) and not set_off_by(alarm, 1) else "a threshold that does not tell 0 from 1"


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.54",
        name="takeoff-54-a-monitor-that-stops-is-heard",
        severity="high",
        frameworks=(OWN,),
        title="A model that is monitored has an alarm that goes off when nobody looks any more",
        allowed=f"an alarm in {MODELS} on {LOOKED} with the dimensions Stack and Model, by FILL(..., 0), below 1, with "
        "treatMissingData breaching",
        fix="`monitor` of the model in the stack file, whose DriftMonitor declares `drift-silent`",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        types=(PARAMETER,),
        check=_looked,
    ),
)
