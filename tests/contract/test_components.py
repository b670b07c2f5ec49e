"""House rules that every component keeps."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pulumi
import pytest

from tests.deployment import Deployment
from tests.stacks import podded, shipped

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "components").glob("[a-z]*.py"))


def components() -> list[type[pulumi.ComponentResource]]:
    found = []
    for module in MODULES:
        for value in vars(importlib.import_module(f"components.{module}")).values():
            if (
                inspect.isclass(value)
                and issubclass(value, pulumi.ComponentResource)
                and value.__module__.endswith(module)
            ):
                found.append(value)
    return found


@pytest.fixture(scope="module", params=shipped.STACKS)
def whole(request: pytest.FixtureRequest) -> Deployment:
    return shipped.whole(request.param)


@pytest.fixture(scope="module", params=podded.STACKS)
def apps(request: pytest.FixtureRequest) -> Deployment:
    return podded.apps(request.param)


def test_there_are_components() -> None:
    assert {component.__name__ for component in components()} >= {"ModelEndpoint", "Rollout", "Bucket", "Key"}


def test_every_component_of_the_code_is_used_by_a_shipped_stack() -> None:
    halves = [shipped.whole(stack) for stack in shipped.STACKS] + [podded.apps(stack) for stack in podded.STACKS]
    resources = [resource for half in halves for resource in half.resources]
    used = {resource.type.split(":")[-1] for resource in resources if resource.type.startswith("takeoff:")}
    # A network that exists already is no shipped stack's, nor is a model too large for one machine, nor a chart;
    # tests/unit/components/test_network.py and test_spark.py and tests/unit/infra/test_apps.py declare them.
    assert used | {"ExistingNetwork", "SparkApplication", "ClusterCharts"} == {
        component.__name__ for component in components()
    }


def test_type_tokens_read_takeoff_area_component(whole: Deployment, apps: Deployment) -> None:
    resources = [*whole.resources, *apps.resources]
    tokens = {r.type for r in resources if not r.type.startswith(("aws:", "pulumi:", "kubernetes:"))}
    assert tokens
    assert [token for token in tokens if not re.fullmatch(r"takeoff:[a-z]+:[A-Z][A-Za-z]+", token)] == []


def test_every_aws_resource_has_a_component_for_a_parent(whole: Deployment) -> None:
    orphans = [r.urn for r in whole.resources if r.type.startswith("aws:") and "takeoff:" not in r.parent]
    assert orphans == []


def test_every_kubernetes_object_has_a_component_for_a_parent(apps: Deployment) -> None:
    objects = [r for r in apps.resources if r.type.startswith("kubernetes:")]
    assert objects
    assert [r.urn for r in objects if "takeoff:" not in r.parent] == []


def test_every_aws_resource_uses_the_stacks_own_provider(whole: Deployment) -> None:
    assert [r.urn for r in whole.resources if r.type.startswith("aws:") and "::aws::" not in r.provider] == []


@pytest.mark.parametrize("module", MODULES)
def test_args_and_values_are_frozen_and_keyword_only(module: str) -> None:
    for value in vars(importlib.import_module(f"components.{module}")).values():
        if dataclasses.is_dataclass(value) and value.__module__ == f"components.{module}":
            parameters = value.__dataclass_params__
            assert parameters.frozen, f"{value.__name__} can be changed"
            assert all(field.kw_only for field in dataclasses.fields(value)), f"{value.__name__} takes positions"


@pytest.mark.parametrize("module", MODULES)
def test_nobody_but_the_role_itself_reads_a_roles_plain_arn(module: str) -> None:
    """A role is handed out through `ready_arn`; aws.iam.Role is made in components/role.py alone."""
    made = [
        node.lineno
        for node in ast.walk(ast.parse((ROOT / "components" / f"{module}.py").read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"aws.iam.Role", "aws.iam.RolePolicy"}
    ]
    assert bool(made) == (module == "role")


def test_whoever_takes_a_role_waits_for_its_policy(whole: Deployment) -> None:
    """Found by value: a consumer names the role's ARN among its inputs, and must depend on the role's policy."""
    roles = {r.urn: r for r in whole.all("aws:iam/role:Role")}
    policies = {p.inputs["role"]: p.urn for p in whole.all("aws:iam/rolePolicy:RolePolicy")}
    consumers = [
        r for r in whole.resources if set(r.depends_on) & set(roles) and r.type != "aws:iam/rolePolicy:RolePolicy"
    ]
    assert consumers
    for consumer in consumers:
        for urn in set(consumer.depends_on) & set(roles):
            assert policies[roles[urn].inputs["name"]] in consumer.depends_on, f"{consumer.urn} does not wait"


def test_physical_names_fit_their_services(whole: Deployment) -> None:
    limits = {"aws:iam/role:Role": 64, "aws:sagemaker/model:Model": 63, "aws:sagemaker/endpoint:Endpoint": 63}
    for resource in whole.resources:
        if resource.type in limits:
            assert len(resource.inputs["name"]) <= limits[resource.type]
