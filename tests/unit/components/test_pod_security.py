"""Every pod that we declare keeps the profile `restricted`, and the check sees each single way not to."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.pod_security import breaks
from tests.unit.components.clustered import clustered, job, of, pods, service, size, workload


@pytest.fixture(scope="module")
def whole() -> Deployment:
    once = job(name="once", schedule="", completions=8, parallelism=4)
    gpu = service("g", minimum=1, maximum=1, size=size(gpu=1), pool="gpu")
    return clustered(service(), gpu, jobs=(job(), once))


def test_every_pod_is_restricted_and_its_root_is_read_only(whole: Deployment) -> None:
    specs = [each["spec"] for each in pods(whole)]
    assert len(specs) == 4
    for spec in specs:
        assert breaks(spec) == []
        containers = [*spec["containers"], *spec["initContainers"]]
        assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in containers)
        assert all(each["image"].partition("@sha256:")[2] for each in containers)
        assert all(each["resources"]["limits"] == each["resources"]["requests"] for each in containers)


def test_every_namespace_refuses_any_other_pod(whole: Deployment) -> None:
    for model in ("m", "g"):
        labels = of(whole, "Namespace", f"test-{model}")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def containers(spec: dict[str, Any], key: str, value: Any) -> None:
    spec["containers"][0]["securityContext"][key] = value


def inits(spec: dict[str, Any], key: str, value: Any) -> None:
    spec["initContainers"][0]["securityContext"][key] = value


def pod(spec: dict[str, Any], key: str, value: Any) -> None:
    spec["securityContext"][key] = value


def top(spec: dict[str, Any], key: str, value: Any) -> None:
    spec[key] = value


def container(spec: dict[str, Any], key: str, value: Any) -> None:
    spec["containers"][0][key] = value


@pytest.mark.parametrize(
    ("change", "key", "value", "control"),
    [
        (top, "hostNetwork", True, "Host Namespaces"),
        (top, "hostPID", True, "Host Namespaces"),
        (top, "hostIPC", True, "Host Namespaces"),
        (top, "volumes", [{"name": "x", "hostPath": {"path": "/"}}], "Volume Types"),
        (top, "volumes", [{"name": "x", "nfs": {"server": "a", "path": "/"}}], "Volume Types"),
        (pod, "runAsNonRoot", False, "Running as Non-root"),
        (pod, "runAsNonRoot", None, "Running as Non-root"),
        (pod, "runAsUser", 0, "Running as Non-root user"),
        (pod, "seccompProfile", {"type": "Unconfined"}, "Seccomp"),
        (pod, "seccompProfile", None, "Seccomp"),
        (pod, "sysctls", [{"name": "kernel.msgmax", "value": "1"}], "Sysctls"),
        (pod, "seLinuxOptions", {"type": "spc_t"}, "SELinux"),
        (pod, "seLinuxOptions", {"role": "r"}, "SELinux"),
        (pod, "appArmorProfile", {"type": "Unconfined"}, "AppArmor"),
        (pod, "windowsOptions", {"hostProcess": True}, "HostProcess"),
        (containers, "privileged", True, "Privileged Containers"),
        (containers, "allowPrivilegeEscalation", True, "Privilege Escalation"),
        (containers, "allowPrivilegeEscalation", None, "Privilege Escalation"),
        (containers, "capabilities", {"drop": []}, "Capabilities"),
        (containers, "capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "Capabilities"),
        (containers, "runAsUser", 0, "Running as Non-root user"),
        (containers, "runAsNonRoot", False, "Running as Non-root"),
        (containers, "seccompProfile", {"type": "Unconfined"}, "Seccomp"),
        (containers, "procMount", "Unmasked", "/proc Mount Type"),
        (inits, "allowPrivilegeEscalation", True, "Privilege Escalation"),
        (inits, "capabilities", {}, "Capabilities"),
        (inits, "privileged", True, "Privileged Containers"),
        (container, "ports", [{"containerPort": 8080, "hostPort": 8080}], "Host Ports"),
        (container, "livenessProbe", {"httpGet": {"host": "10.0.0.1", "port": 80}}, "Host Probes / Lifecycle Hooks"),
        (container, "lifecycle", {"preStop": {"tcpSocket": {"host": "a"}}}, "Host Probes / Lifecycle Hooks"),
    ],
)
def test_a_pod_with_one_property_turned_is_seen(
    whole: Deployment, change: Any, key: str, value: Any, control: str
) -> None:
    spec = copy.deepcopy(pods(whole)[0]["spec"])
    change(spec, key, value)
    assert breaks(spec) == [control]


def test_the_containers_arguments_follow_the_images_entrypoint(whole: Deployment) -> None:
    served = of(whole, "Deployment", "m")["spec"]["template"]["spec"]
    assert [each["args"] for each in (*served["initContainers"], *served["containers"])] == [["fetch"], ["serve"]]
    assert all("command" not in each for each in (*served["initContainers"], *served["containers"]))


def test_a_pod_finds_the_artifact_of_its_version_where_sagemaker_puts_it(whole: Deployment) -> None:
    spec = of(whole, "Deployment", "m")["spec"]["template"]["spec"]
    (fetch,), (model,) = spec["initContainers"], spec["containers"]
    told = {each["name"]: each["value"] for each in fetch["env"]}
    assert told == {
        "TAKEOFF_ARTIFACT": workload().version.artifact,
        "TAKEOFF_MODEL_VERSION": "1" * 12,
        "AWS_REGION": "us-east-1",
    }
    assert {"name": "TAKEOFF_MODEL_VERSION", "value": "1" * 12} in model["env"]
    mounts = {each["mountPath"]: each.get("readOnly", False) for each in model["volumeMounts"]}
    assert mounts == {"/opt/ml": True, "/tmp": False}
    assert {each["mountPath"]: each["name"] for each in fetch["volumeMounts"]}["/opt/ml"] == "ml"


def test_a_gpu_is_the_models_alone_and_only_its_pods_tolerate_the_taint(whole: Deployment) -> None:
    spec = of(whole, "Deployment", "g")["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in spec["initContainers"][0]["resources"]["limits"]
    toleration = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"takeoff/pool": "gpu"}, [toleration])
    assert of(whole, "Deployment", "m")["spec"]["template"]["spec"]["tolerations"] == []
