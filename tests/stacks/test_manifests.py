"""What is sent to a cluster is what Kubernetes takes: by its published schemas, for every shipped stack.

Of custom resources, NodePools are held to Karpenter's own definitions (tests/local/cluster/test_definitions.py), and
EKS publishes none of its NodeClass: what is asserted of it here is what its documentation names.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import kubernetes_validate
import pytest

from tests.pod_security import breaks
from tests.stacks import podded

CUSTOM = {("karpenter.sh/v1", "NodePool"), ("eks.amazonaws.com/v1", "NodeClass")}
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html, as far as a component of ours could use it.
NODE_CLASS = {
    "role": str,
    "subnetSelectorTerms": list,
    "securityGroupSelectorTerms": list,
    "networkPolicy": str,
    "networkPolicyEventLogs": str,
    "ephemeralStorage": dict,
    "snatPolicy": str,
    "tags": dict,
}
STORAGE = {"size", "iops", "throughput", "kmsKeyID"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module", params=podded.STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def version(stack: str) -> str:
    """The version of Kubernetes that a stack file asks for."""
    return str(podded.read(stack)["cluster"]["version"])


def wrong(manifest: Manifest, version: str) -> str:
    """What the schema of this very version says against an object; empty where it says nothing."""
    try:
        assert kubernetes_validate.validate(manifest, version, strict=True) == version
    except kubernetes_validate.ValidationError as error:
        place = ".".join(str(part) for part in error.path)
        return f"{manifest['kind']} {manifest['metadata']['name']}: {place}: {error.message}"
    return ""


def native(stack: str) -> list[Manifest]:
    return [each for each in podded.objects(stack) if (each["apiVersion"], each["kind"]) not in CUSTOM]


def pods(stack: str) -> list[Manifest]:
    """Every pod that anything of a stack makes."""
    specs = [each.get("spec", {}) for each in podded.objects(stack)]
    whole = [spec.get("jobTemplate", {}).get("spec", spec).get("template", {}) for spec in specs]
    return [each for each in whole if "containers" in each.get("spec", {})]


def test_every_object_is_valid_in_the_version_that_the_stack_file_asks_for(stack: str) -> None:
    found = native(stack)
    kinds = {each["kind"] for each in found}
    assert kinds >= {"Namespace", "Deployment", "Service", "CronJob", "NetworkPolicy", "ResourceQuota", "LimitRange"}
    assert kinds >= {"ServiceAccount", "PodDisruptionBudget", "PriorityClass", "ConfigMap"}
    assert [said for each in found if (said := wrong(each, version(stack)))] == []


def test_the_autoscaler_and_jobs_of_one_run_are_among_them() -> None:
    kinds = {each["kind"] for name in podded.STACKS for each in native(name)}
    assert kinds >= {"HorizontalPodAutoscaler", "Job"}


def container(change: Manifest) -> Callable[[Manifest], None]:
    def make(deployment: Manifest) -> None:
        deployment["spec"]["template"]["spec"]["containers"][0] |= change

    return make


@pytest.mark.parametrize(
    "break_it",
    [
        lambda d: d["spec"].update(replica=2),
        lambda d: d["spec"].pop("selector"),
        lambda d: d["spec"]["template"]["spec"].update(tolerations={"key": "a"}),
        lambda d: d["spec"]["template"]["spec"].update(terminationGracePeriodSeconds="40"),
        container({"ports": [{"containerPort": "8080"}]}),
        container({"livenessProbe": {"http": {"path": "/ping"}}}),
        container({"resources": {"limits": {"cpu": ["2"]}}}),
        container({"securityContext": {"readOnlyRootFileSystem": True}}),
    ],
)
def test_the_schemas_would_say_what_is_wrong(break_it: Callable[[Manifest], object]) -> None:
    deployment = copy.deepcopy(next(each for each in native("prod") if each["kind"] == "Deployment"))
    assert wrong(deployment, "1.35") == ""
    break_it(deployment)
    assert wrong(deployment, "1.35") != ""


def test_a_version_that_the_schemas_lack_is_no_verdict() -> None:
    """The validator falls back to an older version; `wrong` asserts that it did not."""
    with pytest.raises(kubernetes_validate.utils.VersionNotSupportedError):
        wrong(native("prod")[0], "1.99")


def test_every_pod_keeps_the_profile_restricted_and_names_digests_requests_and_limits(stack: str) -> None:
    found = pods(stack)
    assert found
    for each in found:
        assert breaks(each["spec"]) == []
        for one in (*each["spec"]["initContainers"], *each["spec"]["containers"]):
            assert one["image"].partition("@sha256:")[2]
            assert one["resources"]["requests"] == one["resources"]["limits"]
            assert {"cpu", "memory"} <= one["resources"]["limits"].keys()
            assert one["securityContext"]["readOnlyRootFilesystem"] is True


def test_every_namespace_holds_any_pod_to_the_profile(stack: str) -> None:
    spaces = [each for each in native(stack) if each["kind"] == "Namespace"]
    assert spaces
    for each in spaces:
        modes = {mode: each["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "warn")}
        assert set(modes.values()) == {"restricted"}


def test_every_object_says_of_which_stack_and_model_it_is(stack: str) -> None:
    for each in podded.objects(stack):
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "takeoff"
        assert labels["takeoff/stack"] == stack
        assert labels["takeoff/model"] in {"platform", *podded.read(stack)["models"]}


def test_a_node_class_says_only_what_its_documentation_names(stack: str) -> None:
    classes = [each for each in podded.objects(stack) if each["kind"] == "NodeClass"]
    assert classes
    for each in classes:
        spec = each["spec"]
        assert spec.keys() <= NODE_CLASS.keys()
        assert [key for key, value in spec.items() if not isinstance(value, NODE_CLASS[key])] == []
        assert spec.keys() >= {"role", "subnetSelectorTerms", "securityGroupSelectorTerms"}
        assert spec["networkPolicy"] in {"DefaultAllow", "DefaultDeny"}
        assert spec["ephemeralStorage"].keys() <= STORAGE
        assert all(term.keys() == {"id"} for key in spec if key.endswith("Terms") for term in spec[key])


def test_nothing_else_than_pools_and_their_classes_is_beyond_the_schemas(stack: str) -> None:
    found = {(each["apiVersion"], each["kind"]) for each in podded.objects(stack)}
    assert {each for each in found if "." in each[0].partition("/")[0] and "k8s.io" not in each[0]} == CUSTOM
