"""Rules on what is asked before a version serves: approval, and that it is carried out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from policies import endpoints, events
from policies.declared import Declared, Graph, given, known
from policies.endpoints import ENDPOINT, PODS
from policies.nested import apart, rows
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
_PIPELINE = "aws:sagemaker/pipeline:Pipeline"
_CHANGE, _WRITTEN = "SageMaker Model Package State Change", "Parameter Store Change"


def _approval(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints and pods that serve what nobody approved: no enabled rule on an approval, nor models from packages."""
    gates = _gates(graph)
    yield from apart(endpoints.served(graph), lambda served: _unapproved(graph, served, gates))


def _unapproved(graph: Graph, endpoint: Declared, gates: Sequence[tuple[Declared, list[str]]]) -> Iterator[Broken]:
    mine = set(endpoints.by_model(endpoint))
    if any(_guards(graph, rule, groups, mine) for rule, groups in gates):
        return
    config = endpoints.config(graph, endpoint) if endpoint.type == ENDPOINT else None
    served = endpoints.models(graph, config) if config else []
    if not served or not all(_packaged(model) for model in served):
        yield Broken(endpoint, "no enabled rule with a target on the approval of its model's packages")


def _admission(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Pipelines that register versions whose approval leads nowhere, before there is an endpoint already."""
    gates = _gates(graph)
    yield from apart(graph.of(_PIPELINE), lambda pipeline: _unadmitted(graph, pipeline, gates))


def _unadmitted(graph: Graph, pipeline: Declared, gates: Sequence[tuple[Declared, list[str]]]) -> Iterator[Broken]:
    definition = pipeline.at("pipelineDefinition")
    # Only one that is known to register nothing needs no gate.
    if isinstance(definition, str) and '"RegisterModel"' not in definition:
        return
    mine = set(endpoints.by_model(pipeline))
    if not any(_guards(graph, rule, groups, mine) for rule, groups in gates):
        yield Broken(pipeline, "no enabled rule with a target on the approval of the packages that it registers")


def _gates(graph: Graph) -> list[tuple[Declared, list[str]]]:
    """The rules that are gates, and of which groups."""
    return [(rule, groups) for rule in graph.of(events.RULE) if (groups := _gate(graph, rule)) is not None]


def _gate(graph: Graph, rule: Declared) -> list[str] | None:
    """The package groups (none named: all) whose approvals an enabled rule passes on; None where it is no gate."""
    detail = events.pattern(rule, "aws.sagemaker", _CHANGE)
    if detail is None or not events.targets(graph, rule) or detail.get("ModelApprovalStatus") != ["Approved"]:
        return None
    return [str(group) for group in detail.get("ModelPackageGroupName", ())]


def _guards(graph: Graph, rule: Declared, groups: list[str], models: set[str]) -> bool:
    """Whether a gate is that of one of these models: by the group's tags, else by the rule's own. No model: any is."""
    if not groups or not models:
        return True
    tagged = [group for group in graph.of(_GROUP) if group.at("modelPackageGroupName") in groups]
    return any(models & set(endpoints.by_model(each)) for each in tagged or [rule])


def _packaged(model: Declared) -> bool:
    """SageMaker refuses to create a model from a package that is not approved."""
    containers = [row for path in ("primaryContainer", "containers") for row in rows(model, path)]
    return bool(containers) and all(given(row.get("modelPackageName")) for row in containers)


def _unheeded(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Wishes for an endpoint whose change starts nothing: what was approved stays unserved, and nobody is told."""
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _stuck(graph, endpoint))


def _stuck(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    wish = endpoints.parameter(graph, endpoint)
    if wish and not any(_hears(rule, wish) and events.targets(graph, rule) for rule in graph.of(events.RULE)):
        yield Broken(wish, "no enabled rule with a target on its change")


def _hears(rule: Declared, parameter: Declared) -> bool:
    """Whether a rule is on updates of a parameter.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    detail = events.pattern(rule, "aws.ssm", _WRITTEN)
    if detail is None or "Update" not in detail.get("operation", ["Update"]):
        return False
    name = str(known(parameter.at("name"), "name"))
    return any(_matches(name, each) for each in detail.get("name", [{"prefix": ""}]))


def _matches(name: str, pattern: Any) -> bool:
    if isinstance(pattern, str):
        return name == pattern
    (operator, text), *_ = pattern.items()
    tests = {"wildcard": fnmatchcase(name, text), "prefix": name.startswith(text), "suffix": name.endswith(text)}
    return tests.get(operator, False)


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.5",
        name="takeoff-5-approval-before-an-endpoint",
        severity="high",
        frameworks=(OWN,),
        title="A version is approved before an endpoint or pods serve it",
        allowed="an enabled rule on `SageMaker Model Package State Change` with ModelApprovalStatus Approved and a "
        "target, or models from packages",
        fix="`takeoff:registry` and `takeoff:deployer` in the stack file",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-approve.html",
        types=(ENDPOINT, PODS),
        check=_approval,
    ),
    StackRule(
        control="Takeoff.5",
        name="takeoff-5-approval-before-a-pipelines-version",
        severity="high",
        frameworks=(OWN,),
        title="What a pipeline registers becomes a version of the stack only by its approval",
        allowed="an enabled rule on `SageMaker Model Package State Change` with ModelApprovalStatus Approved and a "
        "target, over the package group of the pipeline's model",
        fix="`takeoff:registry` and `training` of the model in the stack file, by which Admission is declared",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html",
        types=(_PIPELINE,),
        check=_admission,
    ),
    StackRule(
        control="Takeoff.5",
        name="takeoff-5-what-is-approved-is-carried-out",
        severity="medium",
        frameworks=(OWN,),
        title="A change of an endpoint's `desired` parameter starts Rollout",
        allowed="an enabled rule with a target on `Parameter Store Change` of the parameter",
        fix="the Rollout of the stack, whose rule is on /takeoff/<stack>/*/desired",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html",
        types=(ENDPOINT,),
        check=_unheeded,
    ),
)
