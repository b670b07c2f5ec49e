"""The rule on how an endpoint returns from a bad release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policies import endpoints
from policies.declared import Declared, Graph, given, known
from policies.endpoints import ENDPOINT
from policies.nested import apart, rows
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_ROLLBACK = "deploymentConfig.autoRollbackConfiguration.alarms"


def _guardrails(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints that would not return from a bad release by themselves.

    The alarms are the plan's in the `desired` parameter, where Rollout updates the endpoint, else those of
    deploymentConfig, else every alarm on the config that the endpoint names.
    """
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _guardrail(graph, endpoint))


def _guardrail(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    wish, configs = endpoints.wish(graph, endpoint), endpoints.released(graph, endpoint)
    names = _wished(wish) if wish else [known(row.get("alarmName"), _ROLLBACK) for row in rows(endpoint, _ROLLBACK)]
    watching = {endpoints.called(alarm): alarm for alarm in endpoints.alarms_on(graph, endpoint, new_fleet=True)}
    names = names or ([] if wish or given(endpoint.at("deploymentConfig")) else list(watching))
    if not names:
        yield Broken(endpoint, "no rollback alarm")
        return
    for name in names:
        if name not in watching:
            yield Broken(endpoint, f"rollback alarm {name}, which is not one of this stack on a new fleet of it")
        elif wrong := _blind(watching[name], configs):
            yield Broken(watching[name], wrong)
    for name in sorted(set(watching) - set(names)):
        yield Broken(watching[name], f"a rollback alarm that the plan of {endpoint.name} does not name")
    declared = endpoints.config(graph, endpoint)
    for variant in endpoints.variants(declared, "productionVariants") if declared else []:
        if not any(_watches(watching[name], variant.get("variantName")) for name in names if name in watching):
            yield Broken(endpoint, f"no rollback alarm on variant {variant.get('variantName')}")


def _wished(wish: Mapping[str, Any]) -> list[str]:
    plan = wish.get("plan")
    return [str(name) for name in plan.get("alarms") or ()] if isinstance(plan, Mapping) else []


def _blind(alarm: Declared, configs: Sequence[str]) -> str | None:
    """Why an alarm would miss a bad fleet or stop a good one.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    for dimensions in endpoints.dimensions(alarm):
        if not given(dimensions.get("VariantName")):
            return "a rollback alarm without the dimension VariantName"
        name = known(dimensions.get("EndpointConfigName"), "dimensions.EndpointConfigName")
        if name not in configs:
            return f"a rollback alarm on config {name or 'of any fleet'}, where {' or '.join(configs)} is released"
    missing = known(alarm.at("treatMissingData"), "treatMissingData")
    return None if missing == "notBreaching" else f"treatMissingData {missing or 'missing, the default'}"


def _watches(alarm: Declared, variant: Any) -> bool:
    return any(dimensions.get("VariantName") == variant for dimensions in endpoints.dimensions(alarm))


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.4",
        name="takeoff-4-endpoint-updates-behind-a-guardrail",
        severity="high",
        frameworks=(OWN,),
        title="An endpoint returns from a bad release by alarms on its new fleet",
        allowed="rollback alarms for each variant with EndpointName, VariantName and the released EndpointConfigName, "
        "treating missing data as notBreaching",
        fix="`deployment: {plan: ..., rollback: {errorPercent: 5}}` of the model in the stack file",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html",
        types=(ENDPOINT,),
        check=_guardrails,
    ),
)
