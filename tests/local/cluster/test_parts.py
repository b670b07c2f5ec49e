"""What each program is told: nothing listens beyond loopback that can be kept from it, everything is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from local.cluster import parts
from local.cluster.layout import Layout
from local.cluster.parts import Part

LAYOUT = Layout(Path("/cluster"))
PARTS = {
    each.name: each
    for each in (
        parts.etcd(LAYOUT),
        parts.api_server(LAYOUT),
        parts.scheduler(LAYOUT),
        parts.controller_manager(LAYOUT),
        parts.kwok(LAYOUT, Path("/programs/stages.yaml")),
        parts.karpenter(LAYOUT),
    )
}


def options(part: Part) -> dict[str, str]:
    return {name.lstrip("-"): value for name, _, value in (each.partition("=") for each in part.arguments)}


def test_no_two_parts_share_a_port() -> None:
    text = " ".join(" ".join([*each.arguments, *each.environment.values()]) for each in PARTS.values())
    asked = [options(each).get("secure-port", "") for each in PARTS.values()]
    asked += sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text)))
    asked += [PARTS["karpenter"].environment[name] for name in ("METRICS_PORT", "HEALTH_PROBE_PORT")]
    ports = [port for port in asked if port]
    assert sorted(ports) == sorted(set(ports))
    assert len(ports) == 8


def test_each_readiness_address_is_one_that_the_part_listens_on() -> None:
    ready = {name: re.sub(r"^(https?://127\.0\.0\.1:\d+)/.*", r"\1", each.ready) for name, each in PARTS.items()}
    assert ready["etcd"] == options(PARTS["etcd"])["listen-client-urls"]
    assert ready["kwok"] == f"http://{options(PARTS['kwok'])['server-address']}"
    assert ready["karpenter"].endswith(f":{PARTS['karpenter'].environment['HEALTH_PROBE_PORT']}")
    for name in ("kube-apiserver", "kube-scheduler", "kube-controller-manager"):
        assert ready[name] == f"https://127.0.0.1:{options(PARTS[name])['secure-port']}"


@pytest.mark.parametrize("name", ["kube-apiserver", "kube-scheduler", "kube-controller-manager"])
def test_the_control_plane_binds_loopback_and_shows_a_certificate_of_our_authority(name: str) -> None:
    asked = options(PARTS[name])
    assert asked["bind-address"] == "127.0.0.1"
    assert asked["tls-cert-file"] == "/cluster/certificates/server.crt"


def test_the_api_server_asks_who_a_client_is_and_what_it_may_do() -> None:
    asked = options(PARTS["kube-apiserver"])
    assert asked["client-ca-file"] == "/cluster/certificates/ca.crt"
    assert asked["authorization-mode"] == "Node,RBAC"
    assert not {"disable-admission-plugins", "anonymous-auth"} & set(asked)


def test_a_part_talks_to_the_api_server_by_a_kubeconfig_of_its_own() -> None:
    own = {name: options(each).get("kubeconfig") or each.environment.get("KUBECONFIG") for name, each in PARTS.items()}
    used = [path for path in own.values() if path]
    assert len(set(used)) == 4
    assert own["kube-scheduler"] == "/cluster/certificates/scheduler.kubeconfig"


def test_only_nodes_that_karpenter_made_are_simulated() -> None:
    asked = options(PARTS["kwok"])
    assert asked["manage-all-nodes"] == "false"
    assert asked["manage-nodes-with-annotation-selector"] == "kwok.x-k8s.io/node=fake"


def test_karpenter_makes_nodes_of_the_types_that_were_written_for_it() -> None:
    assert PARTS["karpenter"].environment["INSTANCE_TYPES_FILE_PATH"] == str(LAYOUT.instance_types)


def test_a_job_pod_that_is_deleted_ends_before_the_stage_that_deletes_has_a_turn() -> None:
    given = [each.partition("=")[2] for each in PARTS["kwok"].arguments if each.startswith("--config=")]
    assert given == ["/programs/stages.yaml", str(parts.OWN_STAGES)]
    (stage,) = yaml.safe_load_all(parts.OWN_STAGES.read_text())
    assert stage["spec"]["weight"] == 1
    asked = {each["key"]: each.get("values") for each in stage["spec"]["selector"]["matchExpressions"]}
    assert asked[".metadata.finalizers.[]"] == ["batch.kubernetes.io/job-tracking"]
    assert "phase: Failed" in stage["spec"]["next"]["statusTemplate"]
