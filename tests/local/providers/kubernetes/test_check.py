"""Names, namespaces, and inputs that are refused before a server is asked."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.kubernetes import check, release
from local.providers.values import UNKNOWN

MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
TOKEN = "kubernetes:core/v1:ConfigMap"


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("kubernetes:core/v1:Pod", ("v1", "Pod")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:karpenter.sh/v1:NodePool", ("karpenter.sh/v1", "NodePool")),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", ("rbac.authorization.k8s.io/v1", "Role")),
    ],
)
def test_a_type_token_names_an_api_version_and_a_kind(token: str, wanted: tuple[str, str]) -> None:
    assert check.kind_of_token(token) == wanted


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:helm.sh/v3:Chart",
        "kubernetes:kustomize/v2:Directory",
        "kubernetes:yaml/v2:ConfigFile",
        "kubernetes:x",
    ],
)
def test_charts_and_manifests_of_others_are_refused_by_name(token: str) -> None:
    with pytest.raises(LookupError, match=token):
        check.kind_of_token(token)


def test_an_object_without_a_name_gets_one_that_says_so_and_keeps_it() -> None:
    made = check.completed(dict(MAP), {}, "settings-0123abcd", namespace="team")
    assert made["metadata"] == {
        "name": "settings-0123abcd",
        "namespace": "team",
        "annotations": {"pulumi.com/autonamed": "true"},
    }
    again = check.completed(dict(MAP), made, "settings-ffffffff", namespace="team")
    assert again == made


def test_a_name_that_the_program_gave_once_is_not_kept_when_it_gives_none() -> None:
    olds = MAP | {"metadata": {"name": "mine"}}
    made = check.completed(dict(MAP), olds, "settings-0123abcd", namespace="team")
    assert made["metadata"]["name"] == "settings-0123abcd"


def test_the_programs_name_and_namespace_stay() -> None:
    given = MAP | {"metadata": {"name": "mine", "namespace": "own"}}
    assert check.completed(given, {}, "settings-0123abcd", namespace="team") == given


def test_a_name_that_is_not_known_yet_is_left_alone() -> None:
    given = MAP | {"metadata": {"name": UNKNOWN}}
    assert check.completed(given, {}, "settings-0", namespace="team")["metadata"]["name"] is UNKNOWN
    assert check.completed(MAP | {"metadata": UNKNOWN}, {}, "s-0", namespace="team")["metadata"] is UNKNOWN


def test_a_kind_without_namespaces_loses_the_one_that_it_was_given() -> None:
    given = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "b"}}
    assert "namespace" not in check.completed(given, {}, "a-0", namespace=None)["metadata"]


def test_members_that_are_null_are_members_that_are_not_there() -> None:
    given = MAP | {"metadata": {"name": "a", "labels": None}, "data": None, "list": [{"x": None}]}
    made = check.completed(given, {}, "a-0", namespace="n")
    assert made == MAP | {"metadata": {"name": "a", "namespace": "n"}, "list": [{}]}


def test_the_same_seed_makes_the_same_eight_digits() -> None:
    assert check.suffix(b"seed") == check.suffix(b"seed") != check.suffix(b"other")
    assert len(check.suffix(b"seed")) == 8


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (MAP | {"kind": "Secret", "metadata": {}}, "kind: got 'v1', 'Secret', allowed 'v1', 'ConfigMap'"),
        (MAP | {"metadata": {"generateName": "a-"}}, "generateName: got a prefix, allowed metadata.name"),
        (MAP | {"metadata": {"labels": {"replicas": 3}}}, 'labels["replicas"]: got 3, allowed a string'),
        (MAP | {"metadata": []}, "metadata: got list, allowed an object"),
        (dict(MAP), "metadata: got NoneType"),
    ],
)
def test_what_no_server_would_take_is_refused(inputs: dict[str, Any], said: str) -> None:
    (problem,) = check.problems(TOKEN, inputs)
    assert said in problem


def test_a_list_of_objects_is_refused_and_a_limit_range_is_none() -> None:
    given = {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {}, "items": []}
    (problem,) = check.problems("kubernetes:core/v1:ConfigMapList", given)
    assert "declare each of the items" in problem
    assert check.problems(TOKEN, MAP | {"metadata": {"labels": {"a": "b", "c": UNKNOWN}}}) == []


def test_a_release_is_validated_and_named_like_the_official_plugins() -> None:
    made = release.completed({"chart": "keda", "namespace": "keda"}, {}, "keda-0123abcd")
    assert made["name"] == "keda-0123abcd"
    assert release.completed({"chart": "keda"}, made, "keda-ffffffff")["name"] == "keda-0123abcd"
    assert release.problems(made) == []
    assert release.release_id(made) == "keda/keda-0123abcd"
    assert release.completed({"chart": "keda", "name": "mine"}, made, "keda-0")["name"] == "mine"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"name": "a"}, "chart: got none"),
        ({"chart": "a", "version": 2}, "version: got 2, allowed a text"),
        ({"chart": "a", "values": ["x"]}, "values: got list, allowed an object"),
    ],
)
def test_a_release_that_helm_would_refuse_is_refused(inputs: dict[str, Any], said: str) -> None:
    (problem,) = release.problems(inputs)
    assert said in problem
