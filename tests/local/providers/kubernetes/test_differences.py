"""What differs, what of it replaces, and what the program leaves to others."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.kubernetes import diff, refresh, replacement


def test_each_difference_has_a_path_and_a_kind() -> None:
    old = {"a": 1, "b": {"c": [1, 2], "x/y": "old"}, "gone": {"deep": 1}, "same": [1]}
    new = {"a": 2, "b": {"c": [1, 3, 4], "x/y": "new"}, "new": True, "same": [1]}
    assert diff.changes(old, new) == {
        "a": "update",
        "b.c[1]": "update",
        "b.c[2]": "add",
        'b["x/y"]': "update",
        "gone": "delete",
        "new": "add",
    }


def test_true_and_one_are_not_the_same() -> None:
    assert diff.changes({"a": 1}, {"a": True}) == {"a": "update"}
    assert diff.changes({"a": 1}, {"a": 1.0}) == {}


def test_what_the_server_keeps_for_itself_is_no_content() -> None:
    live = {
        "kind": "Pod",
        "status": {"phase": "Running"},
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "1", "managedFields": [], "labels": {"a": "b"}},
    }
    assert diff.content(live) == {"kind": "Pod", "metadata": {"name": "a", "labels": {"a": "b"}}}


def test_paths_come_apart_as_they_were_joined() -> None:
    assert diff.split('spec.containers[0]["x/y"].z') == ["spec", "containers", 0, "x/y", "z"]
    assert diff.join(diff.join("spec", "a/b"), "c") == 'spec["a/b"].c'


@pytest.mark.parametrize("path", ["spec.*", "", "spec[*].a", "a..b"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="allowed names and"):
        diff.split(path)


def manifest(version: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, **more}


@pytest.mark.parametrize(
    ("version", "kind", "path", "wanted"),
    [
        ("apps/v1", "Deployment", "spec.selector.matchLabels.app", True),
        ("apps/v1", "Deployment", "spec.replicas", False),
        ("apps/v1", "Deployment", "metadata.namespace", True),
        ("apps/v1", "Deployment", "metadata.labels.name", False),
        ("batch/v1", "Job", "spec.template.spec.containers[0].image", True),
        ("batch/v1", "Job", "spec.parallelism", True),
        ("batch/v1", "Job", "spec.suspend", False),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec.restartPolicy", False),
        ("apps/v1", "StatefulSet", "spec.serviceName", True),
        ("v1", "PersistentVolumeClaim", "spec.storageClassName", True),
        ("v1", "PersistentVolumeClaim", "spec.resources.requests.storage", False),
        ("v1", "Pod", "spec.containers[1].image", True),
        ("v1", "Pod", "spec.tolerations[0].key", False),
        ("v1", "Service", "spec.clusterIP", True),
        ("v1", "Service", "spec.clusterIPs[0]", False),
        ("v1", "ServiceAccount", "automountServiceAccountToken", False),
        ("v1", "ConfigMap", 'data["a.json"]', True),
        ("v1", "Secret", "data.key", True),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef.name", True),
        ("karpenter.sh/v1", "NodePool", "spec.limits.cpu", False),
        ("karpenter.sh/v1", "NodePool", "metadata.name", True),
    ],
)
def test_a_change_replaces_where_the_official_plugin_replaces(version: str, kind: str, path: str, wanted: bool) -> None:
    assert replacement.replaces(path, replacement.replacing(manifest(version, kind))) is wanted


def test_content_that_may_change_in_place_does_unless_it_is_immutable() -> None:
    config = manifest("v1", "ConfigMap")
    assert not replacement.replaces("data.a", replacement.replacing(config, {"ConfigMap"}))
    assert replacement.replaces("data.a", replacement.replacing(config, {"Secret"}))
    assert replacement.replaces("data.a", replacement.replacing(config | {"immutable": True}, {"ConfigMap"}))
    assert replacement.replaces("type", replacement.replacing(manifest("v1", "Secret"), {"Secret"}))


def test_a_refresh_takes_over_what_others_changed_and_nothing_that_the_program_does_not_say() -> None:
    inputs = {"metadata": {"name": "a"}, "spec": {"replicas": 1, "list": [{"a": 1}], "gone": 1}}
    live = {"metadata": {"name": "a", "uid": "u"}, "spec": {"replicas": 5, "list": [{"a": 1, "b": 2}], "more": 1}}
    wanted = {"metadata": {"name": "a"}, "spec": {"replicas": 5, "list": [{"a": 1}]}}
    assert refresh.projected(inputs, live) == wanted
    assert refresh.projected({"list": [1]}, {"list": [1, 2]}) == {"list": [1, 2]}


def test_ignored_changes_agree_with_who_made_them() -> None:
    inputs = {"spec": {"replicas": 1, "list": [{"image": "a"}]}}
    live = {"spec": {"replicas": 5, "list": [{"image": "b"}]}}
    assert refresh.leaving(inputs, live, ["spec.replicas"])["spec"]["replicas"] == 5
    assert refresh.leaving(inputs, live, ["spec.list[0].image"])["spec"]["list"] == [{"image": "b"}]
    assert refresh.leaving(inputs, live, ["spec.other", "spec.list[4].image"]) == inputs
    assert inputs["spec"]["replicas"] == 1, "the argument stays as it is"


def test_the_state_says_nothing_that_is_new_at_every_look() -> None:
    live = {"metadata": {"name": "a", "uid": "u", "resourceVersion": "9", "managedFields": []}, "status": {"x": 1}}
    assert refresh.state(live) == {"metadata": {"name": "a", "uid": "u"}, "status": {"x": 1}}
    assert refresh.planned(live) == {"metadata": {"name": "a"}}
